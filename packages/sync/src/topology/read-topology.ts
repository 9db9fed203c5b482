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

/** Looks what there is of what is wanted. */
export async function readTopology(link: NatsLink, wanted: FittedTopology): Promise<FoundTopology> {
  const [streams, consumers] = await Promise.all([
    Promise.all(wanted.streams.map((spec) => readStream(link, spec))),
    Promise.all(wanted.consumers.map((spec) => readConsumer(link, spec))),
  ]);
  return {
    streams: new Map(streams.flatMap(({ name, found }) => (found === undefined ? [] : [[name, found]]))),
    consumers: new Map(consumers.flatMap(({ key, found }) => (found === undefined ? [] : [[key, found]]))),
    taken: new Map(streams.map(({ name, taken }) => [name, taken])),
    readAt: new Date(),
  };
}

async function readStream(link: NatsLink, { stream: name, settings }: StreamSpec) {
  const doing = `look at the stream ${name}`;
  const info = await whereThere(() => link.manager.streams.info(name), doing);
  const has = info?.config.subjects ?? [];
  const missing = settings.subjects.filter((subject) => !coversSubject(has, subject));
  const taken = await Promise.all(missing.map((subject) => takenBy(link, name, subject)));
  const found = info === undefined ? undefined : await foundStream(link, info, settings.subjects);
  return { name, found, taken: taken.flat() };
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
  const info = await whereThere(() => link.manager.consumers.info(stream, name), doing);
  return { key: consumerKey(spec), found: info === undefined ? undefined : foundConsumer(info) };
}

function foundConsumer({ config, num_pending, num_ack_pending }: ConsumerInfo): FoundConsumer {
  return { settings: settingsOfConsumer(config), pending: num_pending + num_ack_pending };
}

async function whereThere<Info>(ask: () => Promise<Info>, doing: string): Promise<Info | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (classifyJetStreamError(error) === "not-found") return undefined;
    throw asSyncError(error, doing);
  }
}

async function asked<Answer>(ask: () => Promise<Answer>, doing: string): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw asSyncError(error, doing);
  }
}
