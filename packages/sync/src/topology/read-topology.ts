import { classifyJetStreamError } from "@mister-smith/errors";
import type { ConsumerInfo, StreamInfo } from "@nats-io/jetstream";
import { asSyncError } from "../errors/as-sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { settingsOfConsumer } from "./consumer-settings.ts";
import { coversSubject } from "./covers-subject.ts";
import type { FittedTopology } from "./fit-topology.ts";
import {
  consumerKey,
  type FoundConsumer,
  type FoundStream,
  type FoundTopology,
  type TakenSubject,
} from "./found-topology.ts";
import { settingsOfStream } from "./stream-settings.ts";
import type { ConsumerSpec, StreamSpec } from "./topology.ts";

/**
 * Looks what there is of what is wanted. What nobody answers for is told as `silent`: a stream of one replica whose
 * server is down must not hide all others.
 */
export async function readTopology(link: NatsLink, wanted: FittedTopology): Promise<FoundTopology> {
  const [streams, consumers] = await Promise.all([
    Promise.all(wanted.streams.map((spec) => readStream(link, spec))),
    Promise.all(wanted.consumers.map((spec) => readConsumer(link, spec))),
  ]);
  const all = [...streams, ...consumers];
  return {
    streams: new Map(streams.flatMap(({ key, found }) => (isThere(found) ? [[key, found]] : []))),
    consumers: new Map(consumers.flatMap(({ key, found }) => (isThere(found) ? [[key, found]] : []))),
    taken: new Map(streams.map(({ key, taken }) => [key, taken])),
    silent: new Set(all.flatMap(({ key, found }) => (found === "silent" ? [key] : []))),
    readAt: new Date(),
  };
}

/** What was heard of something: that it is not there, that it is silent, or what it is. */
type Heard<Found> = Found | "missing" | "silent";

function isThere<Found>(heard: Heard<Found>): heard is Found {
  return heard !== "missing" && heard !== "silent";
}

async function readStream(link: NatsLink, { stream: key, settings }: StreamSpec) {
  const info = await heard(() => link.manager.streams.info(key), `look at the stream ${key}`);
  if (info === "silent") return { key, found: info, taken: [] };
  const has = info === "missing" ? [] : info.config.subjects;
  const lacking = settings.subjects.filter((subject) => !coversSubject(has, subject));
  const taken = await Promise.all(lacking.map((subject) => takenBy(link, key, subject)));
  const found = info === "missing" ? info : await foundStream(link, info, settings.subjects);
  return { key, found, taken: taken.flat() };
}

async function foundStream(
  link: NatsLink,
  info: StreamInfo,
  wanted: readonly string[],
): Promise<FoundStream> {
  const { config, state } = info;
  const narrowed = !(config.subjects ?? []).every((subject) => coversSubject(wanted, subject));
  return {
    settings: settingsOfStream(config),
    unchangeable: unchangeable(info),
    messages: state.messages,
    bytes: state.bytes,
    subjects: state.num_subjects ?? 0,
    oldestAt: state.messages === 0 ? undefined : new Date(state.first_ts),
    strays: narrowed && state.messages > 0 ? await straysOf(link, config.name, wanted) : 0,
  };
}

function unchangeable({ config }: StreamInfo): string | undefined {
  if (config.mirror !== undefined) return `it is a mirror of the stream ${config.mirror.name}`;
  return config.sealed ? "it is sealed" : undefined;
}

async function straysOf(link: NatsLink, name: string, wanted: readonly string[]): Promise<number> {
  const { state } = await asked(
    () => link.manager.streams.info(name, { subjects_filter: ">" }),
    `count the messages of the stream ${name}`,
  );
  return Object.entries(state.subjects ?? {})
    .filter(([subject]) => !coversSubject(wanted, subject))
    .reduce((sum, [, messages]) => sum + messages, 0);
}

async function takenBy(link: NatsLink, name: string, subject: string): Promise<TakenSubject[]> {
  const streams = await asked(
    () => link.manager.streams.names(subject).next(),
    `look who keeps the subject ${subject}`,
  );
  return streams.filter((stream) => stream !== name).map((stream) => ({ subject, stream }));
}

async function readConsumer(link: NatsLink, spec: ConsumerSpec) {
  const { stream, name } = spec;
  const doing = `look at the consumer ${name} of the stream ${stream}`;
  const info = await heard(() => link.manager.consumers.info(stream, name), doing);
  return { key: consumerKey(spec), found: isThere(info) ? foundConsumer(info) : info };
}

function foundConsumer({ config, num_pending, num_ack_pending }: ConsumerInfo): FoundConsumer {
  return { settings: settingsOfConsumer(config), pending: num_pending + num_ack_pending };
}

/** Asks, and asks once more when nobody answers: a stream is without a leader for a moment after a change. */
async function heard<Info>(ask: () => Promise<Info>, doing: string, again = true): Promise<Heard<Info>> {
  try {
    return await ask();
  } catch (error) {
    const errorClass = classifyJetStreamError(error);
    if (errorClass === "not-found") return "missing";
    if (errorClass !== "unreachable") throw asSyncError(error, doing);
    return again ? await heard(ask, doing, false) : "silent";
  }
}

async function asked<Answer>(ask: () => Promise<Answer>, doing: string): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw asSyncError(error, doing);
  }
}
