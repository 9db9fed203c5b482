import { SyncError } from "../errors/sync-error.ts";
import { requireFeature, type ServerFeatures } from "./server-features.ts";
import type { StreamSettings } from "./stream-settings.ts";
import type { ConsumerSpec, StreamSpec, Topology } from "./topology.ts";

/** A topology as the connected server can have it. */
export interface FittedTopology {
  /** Streams and buckets. */
  readonly streams: readonly StreamSpec[];
  readonly consumers: readonly ConsumerSpec[];
  /** What gave way to the server, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Fits a topology to what the server can: replicas fall to 1 on a server that is in no cluster, and compression is left
 * out where it is not known; both are noted.
 *
 * @throws SyncError `UNSUPPORTED_SERVER` for what was asked for explicitly and is not to be had
 */
export function fitTopology(topology: Topology, features: ServerFeatures): FittedTopology {
  const wanted = [...Object.values(topology.streams), ...Object.values(topology.buckets)];
  for (const spec of wanted) refuseWhatIsLacking(spec, features);
  const streams = wanted.map((spec) => ({ ...spec, settings: fitted(spec.settings, features) }));
  return {
    streams,
    consumers: Object.values(topology.consumers),
    notes: notesOf(wanted, streams, features),
  };
}

function refuseWhatIsLacking({ kind, name, settings, required }: StreamSpec, features: ServerFeatures): void {
  const what = `the ${kind} ${name}`;
  if (settings.directGet === true) requireFeature(features, "directGet", what);
  if (required.includes("compression")) requireFeature(features, "compression", what);
  if (required.includes("messageTtl")) requireFeature(features, "messageTtl", what);
  if (required.includes("replicas") && settings.replicas > 1 && features.cluster === undefined)
    throw noCluster(what, settings.replicas, features);
}

function fitted(settings: StreamSettings, { cluster, lacks }: ServerFeatures): StreamSettings {
  return {
    ...settings,
    replicas: cluster === undefined ? 1 : settings.replicas,
    compression: lacks.includes("compression") ? undefined : settings.compression,
    messageTtl: lacks.includes("messageTtl") ? undefined : settings.messageTtl,
  };
}

function notesOf(
  wanted: readonly StreamSpec[],
  streams: readonly StreamSpec[],
  { version }: ServerFeatures,
): string[] {
  const changed = (key: "replicas" | "compression") =>
    wanted.flatMap(({ kind, name, settings }, at) =>
      settings[key] === streams[at]?.settings[key] || settings[key] === "none" ? [] : [`the ${kind} ${name}`],
    );
  const replicas = changed("replicas");
  const compression = changed("compression");
  return [
    ...(replicas.length === 0
      ? []
      : [`The server is in no cluster: ${replicas.join(", ")} can have one replica only.`]),
    ...(compression.length === 0
      ? []
      : [`nats-server ${version} does not compress (2.10 does): ${compression.join(", ")} goes without.`]),
  ];
}

function noCluster(what: string, replicas: number, { version }: ServerFeatures): SyncError {
  return new SyncError(
    "UNSUPPORTED_SERVER",
    `${what} needs ${replicas} replicas, and the connected nats-server ${version} is in no cluster`,
    {
      hint: "Connect to a cluster of at least as many servers, or leave the setting `replicas` out.",
      details: { feature: "replicas", version, replicas },
    },
  );
}
