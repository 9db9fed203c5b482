import { setTimeout as pause } from "node:timers/promises";
import type { BothStores } from "../hydrate/hydrate.ts";
import { readBucket } from "../store/bucket-message.ts";
import { inFlight } from "../store/in-flight.ts";
import { valueRoom } from "../store/value-room.ts";
import { type Judged, type LookedAt, look } from "./look.ts";
import { aggregateOf, unpublishedOf } from "./row-side.ts";

/** How keys are looked at again. */
export interface ConfirmOptions {
  readonly createdMs: number;
  /** The pause between two looks, in milliseconds. */
  readonly settleMs: number;
  /** How long the flusher and the relay are waited for, in milliseconds. */
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What became of suspects. */
export interface Confirmed {
  /** Differences that were there at two looks, the same both times. */
  readonly different: readonly Judged[];
  /** Keys whose write is in the bucket alone, unchanged for all our patience. */
  readonly unflushed: readonly Judged[];
  /** Keys that were changed at every look: nothing can be said of them. */
  readonly unsettled: number;
}

interface Suspect extends LookedAt {
  /** What was seen at the last look; undefined before the first. */
  readonly seen: string | undefined;
}

/**
 * Looks at keys again and again, the bucket first and the database then, until they are level, or differ at two looks in the
 * same way: same revision, same version. While the flusher or the relay still has a change of a key before it, that one
 * is waited for. What is written to all the time is never a difference.
 */
export async function confirm(
  stores: BothStores,
  suspects: readonly LookedAt[],
  options: ConfirmOptions,
): Promise<Confirmed> {
  const { settleMs, patienceMs, signal } = options;
  const until = performance.now() + patienceMs;
  const different: Judged[] = [];
  let left: Suspect[] = suspects.map((suspect) => ({ ...suspect, seen: undefined }));
  for (;;) {
    const isLast = performance.now() >= until;
    const looks = await lookAgain(stores, left, options);
    const next: Suspect[] = [];
    const unflushed: Judged[] = [];
    for (const each of looks) {
      const { judged, seen } = each;
      const end = endOf(each, isLast);
      if (end === "different") different.push(judged);
      else if (end === "unflushed") unflushed.push(judged);
      else if (end === "open")
        next.push({ key: judged.key, subject: judged.subject, message: undefined, seen });
    }
    if (isLast || next.length === 0) return { different, unflushed, unsettled: isLast ? next.length : 0 };
    left = next;
    await pause(settleMs, undefined, signal === undefined ? {} : { signal });
  }
}

interface AnotherLook {
  readonly judged: Judged;
  /** What was seen, to be compared at the next look. */
  readonly seen: string;
  readonly isSame: boolean;
  /** The flusher or the relay has a change before it. */
  readonly isPending: boolean;
}

function endOf(
  { judged, isPending, isSame }: AnotherLook,
  isLast: boolean,
): "level" | "different" | "unflushed" | "open" {
  const { is } = judged.judgement;
  if (is === "level") return "level";
  if (!isSame || (isPending && !isLast)) return "open";
  return is === "different" ? "different" : "unflushed";
}

async function lookAgain(
  { database, link }: BothStores,
  suspects: readonly Suspect[],
  { createdMs, signal }: ConfirmOptions,
): Promise<readonly AnotherLook[]> {
  const read = async ({ key, subject }: Suspect) => ({
    key,
    subject,
    message: await readBucket(link, subject, { fromLeader: true, signal }),
  });
  const looked = await inFlight(suspects, 64, read, valueRoom(link));
  const judged = await look(database, looked, createdMs, signal);
  const keys = looked.map(({ key }) => key);
  const unpublished = await unpublishedOf(database, keys, signal === undefined ? {} : { signal });
  return judged.map((each, index) => {
    const { judgement, message, row } = each;
    const seen = `${judgement.is} ${message?.sequence} ${row?.version} ${row?.digest} ${row?.expiresAtMs}`;
    return {
      judged: each,
      seen,
      isSame: suspects[index]?.seen === seen,
      isPending: judgement.is === "waiting" || unpublished.has(aggregateOf(each.key)),
    };
  });
}
