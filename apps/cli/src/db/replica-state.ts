import type { ReplicaReport } from "../sql/replication.ts";

/** How a replica is, worst first. */
export type ReplicaState =
  | "unreachable"
  | "not a replica"
  | "replay paused"
  | "not receiving"
  | "too far behind"
  | "streaming";

/** What a replica said, with its lag in time. */
export interface MeasuredReplica extends ReplicaReport {
  readonly lagMs: number | null;
}

/** How a replica is, within what lag bounds reads accept. */
export function stateOf(
  { inRecovery, replayPaused, receives, lagBytes, lagMs }: MeasuredReplica,
  { maxLagBytes, maxLagMs }: { readonly maxLagBytes: number; readonly maxLagMs: number },
): ReplicaState {
  if (!inRecovery) return "not a replica";
  if (replayPaused) return "replay paused";
  if (!receives) return "not receiving";
  return (lagBytes ?? 0) > maxLagBytes || (lagMs ?? 0) > maxLagMs ? "too far behind" : "streaming";
}

const advice: Readonly<Record<ReplicaState, readonly [why: string, next: string | null]>> = {
  unreachable: [
    "It does not answer.",
    "Start it, and read its log: it goes on from where it was. Until then its slot makes the primary keep the log for it.",
  ],
  "not a replica": [
    "It takes writes of its own.",
    "It was promoted: name it in database.addresses if it is the primary now, else stop it and rebuild it.",
  ],
  "replay paused": [
    "It receives the log and does not replay it.",
    "SELECT pg_wal_replay_resume(); on it, as a superuser.",
  ],
  "not receiving": [
    "It has no connection to the primary.",
    "Look at its log and its primary_conninfo: password, pg_hba.conf and the primary's address. If the primary has removed what it needs, rebuild it.",
  ],
  "too far behind": [
    "It is further behind than database.replicaLag allows: no reads go there.",
    "Look for long queries on it that hold up its replay, and for a big change on the primary; it catches up by itself.",
  ],
  streaming: ["It follows.", null],
};

/** A state with what it means and what to do next. */
export function lagAdvice(state: ReplicaState): {
  readonly state: ReplicaState;
  readonly why: string;
  readonly next: string | null;
} {
  const [why, next] = advice[state];
  return { state, why, next };
}
