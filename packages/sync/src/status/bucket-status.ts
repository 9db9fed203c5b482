import { asSyncError } from "../errors/as-sync-error.ts";
import type { Position } from "../flush/position.ts";
import { stateBucket, stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";

/** What the bucket of agent state is like, and how much of it PostgreSQL lacks. */
export interface BucketStatus {
  readonly name: string;
  /** Keys, with those that are deleted and not evicted yet. */
  readonly keys: number;
  /** Of each key the last ones are kept. */
  readonly messages: number;
  readonly bytes: number;
  readonly lastSequence: number;
  readonly createdAt: Date;
  /** Whether it is the one that the position is about; else all of it is behind. */
  readonly isKnown: boolean;
  /** Messages after the position. Those that were superseded are gone, and do not count. */
  readonly behind: number;
  /** Since when the oldest of these waits; null for none, or when the server does not tell. */
  readonly behindSince: Date | null;
}

/**
 * Looks at the bucket of agent state; undefined when it is not there.
 *
 * @param position how far it is flushed
 * @throws SyncError `NATS_UNREACHABLE`, `UNSUPPORTED_SERVER`
 */
export async function readBucketStatus(
  link: NatsLink,
  position: Pick<Position, "sequence" | "createdMs"> | undefined,
): Promise<BucketStatus | undefined> {
  try {
    const { created, state } = await link.manager.streams.info(stateStream);
    const isKnown = position !== undefined && Date.parse(created) === position.createdMs;
    const from = isKnown ? position.sequence : 0;
    return {
      name: stateBucket,
      keys: state.num_subjects ?? state.messages,
      messages: state.messages,
      bytes: state.bytes,
      lastSequence: state.last_seq,
      createdAt: new Date(created),
      isKnown,
      ...(state.last_seq > from ? await waiting(link, from) : nothing),
    };
  } catch (error) {
    const failure = asSyncError(error, `look at the bucket ${stateBucket}`);
    if (failure.code === "TOPOLOGY") return undefined;
    throw failure;
  }
}

const nothing = { behind: 0, behindSince: null };

// The numbers of superseded messages lead nowhere: only a consumer counts those that are there. It is gone at once.
async function waiting(link: NatsLink, from: number): Promise<Pick<BucketStatus, "behind" | "behindSince">> {
  const { consumers, direct } = link.manager;
  const info = await consumers.add(stateStream, {
    ack_policy: "none",
    deliver_policy: "by_start_sequence",
    opt_start_seq: from + 1,
    inactive_threshold: 5_000_000_000,
    mem_storage: true,
    num_replicas: 1,
  });
  await consumers.delete(stateStream, info.name).catch(() => {});
  if (info.num_pending === 0) return nothing;
  const oldest = await direct.getMessage(stateStream, { seq: from + 1, next_by_subj: ">" }).catch(() => null);
  return { behind: info.num_pending, behindSince: oldest?.time ?? null };
}
