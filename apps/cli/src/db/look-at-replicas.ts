import type { PoolHealth } from "@mister-smith/client";
import {
  type Follower,
  type HeldSlot,
  type ReplicaReport,
  selectFollowers,
  selectPosition,
  selectReplicaReport,
  selectSlots,
} from "../sql/replication.ts";
import { lagAdvice, type ReplicaState, stateOf } from "./replica-state.ts";
import type { AllPools } from "./with-all-pools.ts";

/** The primary, and who follows it. */
export interface PrimaryView {
  readonly address: string;
  readonly reachable: boolean;
  readonly why: string;
  /** Up to where it has written its log; null when it cannot be asked. */
  readonly lsn: string | null;
  readonly followers: readonly Follower[];
  readonly slots: readonly HeldSlot[];
}

/** How far one replica is. */
export interface ReplicaView {
  readonly name: string;
  readonly address: string;
  readonly state: ReplicaState;
  /** What it has still to replay of what the primary has written. */
  readonly lagBytes: number | null;
  /** How old the newest change is that it shows; 0 when it lacks nothing. */
  readonly lagMs: number | null;
  /** What it has received and not replayed. */
  readonly unreplayedBytes: number | null;
  readonly why: string;
  /** What to do next; null when nothing need be done. */
  readonly next: string | null;
}

/** What {@link lookAtReplicas} found. */
export interface ReplicationView {
  readonly primary: PrimaryView | null;
  readonly replicas: readonly ReplicaView[];
}

/** Asks the primary and every replica how far they are. A server that does not answer is shown as such. */
export async function lookAtReplicas(pools: AllPools): Promise<ReplicationView> {
  const { pools: shown } = await pools.database.health();
  const known = shown.find(({ pool }) => pool === "primary");
  const primary = known === undefined ? null : await viewOfPrimary(pools, known);
  const replicas = shown.filter(({ pool }) => pool === "replica");
  return {
    primary,
    replicas: await Promise.all(replicas.map((one) => viewOfReplica(pools, one, primary?.lsn ?? null))),
  };
}

async function viewOfPrimary({ database }: AllPools, health: PoolHealth): Promise<PrimaryView> {
  const { address, healthy, reachable } = health;
  const unknown = { address, reachable, why: health.why, lsn: null, followers: [], slots: [] };
  if (!healthy) return unknown;
  try {
    const followers = await database.write.any(selectFollowers);
    const slots = await database.write.any(selectSlots);
    const { lsn } = await database.write.one(selectPosition);
    return { address, reachable, why: health.why, lsn, followers, slots };
  } catch (error) {
    return { ...unknown, why: messageOf(error) };
  }
}

async function viewOfReplica(
  pools: AllPools,
  health: PoolHealth,
  primaryLsn: string | null,
): Promise<ReplicaView> {
  const { name, address, why } = health;
  const unknown = { name, address, lagBytes: null, lagMs: null, unreplayedBytes: null };
  if (!health.reachable) return { ...unknown, ...lagAdvice("unreachable"), why };
  let report: ReplicaReport;
  try {
    report = await pools.onReplica(address, ({ analytics }) =>
      analytics.one(selectReplicaReport(primaryLsn)),
    );
  } catch (error) {
    return { ...unknown, ...lagAdvice("unreachable"), why: messageOf(error) };
  }
  const { lagBytes, unreplayedBytes } = report;
  // A replica that lacks nothing is as new as the primary, however long ago the last change was.
  const lagMs = lagBytes === 0 ? 0 : report.lastReplayedMs;
  const advice = lagAdvice(stateOf({ ...report, lagMs }, pools.config.replicaLag));
  return { name, address, lagBytes, lagMs, unreplayedBytes, ...advice };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
