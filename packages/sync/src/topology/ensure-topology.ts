import { SyncError } from "../errors/sync-error.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { type Applied, applyStep } from "./apply-step.ts";
import { type Durability, judgeDurability, readFsync } from "./durability.ts";
import { type FittedTopology, fitTopology } from "./fit-topology.ts";
import { planTopology } from "./plan-topology.ts";
import { readTopology } from "./read-topology.ts";
import { type ServerFeatures, serverFeatures } from "./server-features.ts";
import { type TopologyConfig, topologyOf } from "./topology.ts";
import type { TopologyStep } from "./topology-step.ts";

/** How the topology is to be brought about. */
export interface EnsureTopologyOptions {
  /** Creates and updates what differs. Default: false, which only looks. */
  readonly apply?: boolean | undefined;
  /** Monitoring pages of the servers, which say when they write to disk. Default: none, and then it is not known. */
  readonly monitoringUrls?: readonly string[] | undefined;
  /** Ends it between two requests. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each step before it is applied. What it throws becomes a warning of the process. */
  readonly onStep?: ((step: TopologyStep) => void) | undefined;
}

/** A step, and what became of it. */
export interface TopologyOutcome extends TopologyStep {
  /** `pending`: it would be done with `apply`. `failed`: the server did not take it, or nobody answers for it. */
  readonly outcome: "unchanged" | "pending" | "applied" | "refused" | "failed";
  /** Why it failed. */
  readonly error: SyncError | undefined;
}

/** How JetStream stands to what is wanted. */
export interface TopologyReport {
  /** `ready`: all is as wanted; `pending`: something waits for `apply`; `refused`: something was refused or failed. */
  readonly state: "ready" | "pending" | "refused";
  readonly steps: readonly TopologyOutcome[];
  /** What gave way to the server, in sentences. */
  readonly notes: readonly string[];
  readonly features: ServerFeatures;
  readonly durability: Durability;
}

// Others may be at it too: what they overtake is looked at anew so often.
const rounds = 4;

/**
 * Compares JetStream with what the configuration wants and, with `apply`, creates and updates what differs. It never
 * deletes, refuses what would lose stored messages, is safe when several run at once, and changes nothing when run
 * again. What was applied is read back: a server that takes a setting and forgets it is found out.
 *
 * A refused or failed step keeps no other from being done; look at `state`. Each request takes the link's timeout at
 * most. What had no answer is looked at anew, and tried again where it is not done, once.
 *
 * @throws SyncError `UNSUPPORTED_SERVER` for a server without JetStream or without what was asked for explicitly;
 *   `NATS_UNREACHABLE`, `ABORTED`; run it again
 */
export async function ensureTopology(
  link: NatsLink,
  config: TopologyConfig,
  options: EnsureTopologyOptions = {},
): Promise<TopologyReport> {
  const { apply = false, monitoringUrls = [] } = options;
  const [features, servers] = await Promise.all([
    serverFeatures(link),
    readFsync(monitoringUrls, link.timeoutMs),
  ]);
  if (!features.jetStream) throw noJetStream(features);
  const wanted = fitTopology(topologyOf(config), features);
  const steps = await (apply ? applied(link, wanted, options) : looked(link, wanted, options));
  return {
    state: stateOf(steps),
    steps,
    notes: wanted.notes,
    features,
    durability: judgeDurability(wanted.streams, features, servers),
  };
}

async function look(
  link: NatsLink,
  wanted: FittedTopology,
  { signal }: EnsureTopologyOptions,
): Promise<TopologyStep[]> {
  refuseWhenAborted(signal);
  return planTopology(wanted, await readTopology(link, wanted));
}

async function looked(
  link: NatsLink,
  wanted: FittedTopology,
  options: EnsureTopologyOptions,
): Promise<TopologyOutcome[]> {
  const steps = await look(link, wanted, options);
  return steps.map(outcomeBefore);
}

function outcomeBefore(step: TopologyStep): TopologyOutcome {
  const error = step.action === "unknown" ? silent(step) : undefined;
  return { ...step, outcome: outcomeOf[step.action], error };
}

const outcomeOf = {
  create: "pending",
  update: "pending",
  unchanged: "unchanged",
  refuse: "refused",
  unknown: "failed",
} as const;

/** What was tried of one stream, bucket or consumer. */
interface Trial {
  readonly step: TopologyStep;
  readonly applied: Applied;
}

async function applied(
  link: NatsLink,
  wanted: FittedTopology,
  options: EnsureTopologyOptions,
): Promise<TopologyOutcome[]> {
  const trials = new Map<string, Trial>();
  let steps = await look(link, wanted, options);
  for (let round = 0; round < rounds; round += 1) {
    const due = steps.filter((step) => isWork(step) && mayBeTried(trials.get(keyOf(step))));
    if (due.length === 0) break;
    for (const step of due) {
      refuseWhenAborted(options.signal);
      tell(options.onStep, step);
      trials.set(keyOf(step), { step, applied: await tried(step, trials.has(keyOf(step))) });
    }
    steps = await look(link, wanted, options);
  }
  return steps.map((step) => outcomeAfter(step, trials.get(keyOf(step))));

  // A cluster in which several create the same at once may leave one of them without an answer: it is looked at anew, once.
  async function tried(step: TopologyStep, isAgain: boolean): Promise<Applied> {
    try {
      return await applyStep(link, wanted, step);
    } catch (error) {
      if (isAgain) throw error;
      return "overtaken";
    }
  }
}

function isWork({ action }: TopologyStep): boolean {
  return action === "create" || action === "update";
}

function mayBeTried(trial: Trial | undefined): boolean {
  return trial === undefined || trial.applied === "overtaken";
}

function outcomeAfter(now: TopologyStep, trial: Trial | undefined): TopologyOutcome {
  if (trial?.applied === "done" && now.action === "unchanged")
    return { ...trial.step, outcome: "applied", error: undefined };
  if (trial === undefined || trial.applied === "overtaken" || !isWork(now)) return outcomeBefore(now);
  if (trial.applied !== "done") return { ...trial.step, outcome: "failed", error: trial.applied };
  return { ...now, outcome: "failed", error: notKept(now) };
}

function keyOf({ kind, name, stream }: TopologyStep): string {
  return `${kind} ${name} ${stream}`;
}

function stateOf(steps: readonly TopologyOutcome[]): TopologyReport["state"] {
  const any = (...outcomes: readonly TopologyOutcome["outcome"][]) =>
    steps.some(({ outcome }) => outcomes.includes(outcome));
  if (any("refused", "failed")) return "refused";
  return any("pending") ? "pending" : "ready";
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true)
    throw new SyncError("ABORTED", "the topology was not looked at to its end", { cause: signal.reason });
}

function silent({ kind, name }: TopologyStep): SyncError {
  return new SyncError("NATS_UNREACHABLE", `nobody answers for the ${kind} ${name}`, {
    hint: "Start the server that holds it; what has one replica is on one server only.",
    retryable: true,
    details: { kind, name },
  });
}

function noJetStream({ serverName, version }: ServerFeatures): SyncError {
  return new SyncError(
    "UNSUPPORTED_SERVER",
    `the nats-server ${serverName} (${version}) has no JetStream for this account`,
    {
      hint: "Start it with --jetstream and a --store_dir on a disk that lasts, or enable JetStream for the account.",
      details: { feature: "jetstream", version },
    },
  );
}

function notKept({ kind, name, action, differences }: TopologyStep): SyncError {
  const what = differences.map(({ setting }) => setting).join(", ");
  const message =
    action === "create"
      ? `the ${kind} ${name} was created and is gone: somebody deletes it`
      : `the server took the change of the ${kind} ${name} and has not kept it: ${what}`;
  return new SyncError("TOPOLOGY", message, {
    hint: "Somebody else may set it to something else, or the server is too old for it; see what it says.",
    details: { kind, name, settings: differences.map(({ setting }) => setting) },
  });
}
