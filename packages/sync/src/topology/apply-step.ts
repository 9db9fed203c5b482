import { classifyJetStreamError, jetStreamCodeOf } from "@mister-smith/errors";
import { asSyncError } from "../errors/as-sync-error.ts";
import type { SyncError } from "../errors/sync-error.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { consumerConfigOf } from "./consumer-settings.ts";
import type { FittedTopology } from "./fit-topology.ts";
import { streamConfigOf, streamUpdateOf } from "./stream-settings.ts";
import type { ConsumerSpec, StreamSpec } from "./topology.ts";
import type { TopologyStep } from "./topology-step.ts";

/**
 * What became of a step: `overtaken` when somebody else has created it in between, and it has to be looked at anew;
 * an error when the server refused.
 */
export type Applied = "done" | "overtaken" | SyncError;

/**
 * Creates or updates; deletes nothing.
 *
 * @throws SyncError `NATS_UNREACHABLE` when nobody answered: whether it was done is not known
 */
export async function applyStep(
  link: NatsLink,
  wanted: FittedTopology,
  step: TopologyStep,
): Promise<Applied> {
  const { kind, name, stream, action } = step;
  try {
    const asset = [...wanted.streams, ...wanted.consumers].find(
      (spec) => spec.kind === kind && spec.name === name && spec.stream === stream,
    );
    if (asset?.kind === "consumer") await applyConsumer(link, asset, action);
    else if (asset !== undefined) await applyStream(link, asset, action);
    return "done";
  } catch (error) {
    if (overtaken[action]?.has(jetStreamCodeOf(error) ?? 0)) return "overtaken";
    const refused = asSyncError(error, `${action} the ${kind} ${name}`);
    if (classifyJetStreamError(error) === "unreachable") throw refused;
    return refused;
  }
}

// Somebody else has created what was not there, or has removed what was.
const overtaken: Partial<Record<TopologyStep["action"], ReadonlySet<number>>> = {
  create: new Set([10058, 10013, 10148]),
  update: new Set([10059, 10014, 10149]),
};

async function applyStream(link: NatsLink, { stream, settings }: StreamSpec, action: string): Promise<void> {
  const { streams } = link.manager;
  if (action === "create") await streams.add(streamConfigOf(stream, settings));
  else await streams.update(stream, streamUpdateOf(settings));
}

async function applyConsumer(
  link: NatsLink,
  { stream, name, settings }: ConsumerSpec,
  action: string,
): Promise<void> {
  const { consumers } = link.manager;
  // An older server does not know the action, and creates or updates as it finds it.
  const options = { action: action === "create" ? "create" : "update", pedantic: false };
  const found = action === "create" ? {} : (await consumers.info(stream, name)).config;
  await consumers.add(stream, consumerConfigOf(name, settings, found), options);
}
