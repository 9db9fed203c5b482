import { count } from "../output/count.ts";
import type { SyncStatus } from "./read-status.ts";

/** What a look at both stores comes to. */
export interface StatusJudgement {
  /** `stuck`: something waits, and nobody brings it over, or there is no bucket. */
  readonly state: "ok" | "stuck" | "unreachable";
  /** What does not move, and what to do. */
  readonly problems: readonly string[];
  /** What waits for a person, and keeps nothing else from moving. */
  readonly notes: readonly string[];
}

/** An event waits milliseconds; whoever waits for so long waits for something, in milliseconds. */
const longWaitMs = 60_000;

/** Says what does not move: that something waits is usual, that nobody is there for it is not. */
export function judgeStatus(
  { nats, roles, backlog, deadLetters }: SyncStatus,
  now: Date = new Date(),
): StatusJudgement {
  const isHeld = (role: string) => roles.some((one) => one.role === role && one.isHeld);
  const bucket = nats.connected ? nats.bucket : undefined;
  const unpublished = backlog.reduce((sum, { pending }) => sum + pending, 0);
  const open = deadLetters.reduce((sum, one) => sum + one.open, 0);
  const problems: string[] = [];
  const notes: string[] = [];
  if (!nats.connected)
    problems.push(`NATS is away: ${nats.why}. Check that nats-server runs and its URL is right.`);
  if (nats.connected && "why" in nats)
    problems.push([nats.why, nats.remedy].filter((part) => part !== undefined).join(". "));
  else if (bucket === null)
    problems.push("the bucket of agent state is not there; `smith sync topology --apply` creates it");
  if (bucket !== undefined && bucket !== null && bucket.behind > 0 && !isHeld("flush"))
    problems.push(`${count(bucket.behind, "message")} of the bucket wait and nobody flushes; start smithd`);
  if (unpublished > 0 && !isHeld("relay"))
    problems.push(`${count(unpublished, "event")} of the outbox wait and nobody publishes; start smithd`);
  if (isHeld("relay")) tellLongWaits(backlog, now, { problems, notes });
  if (open > 0)
    notes.push(`${count(open, "dead letter")} to look at: \`smith sync dead-letters list\` shows why`);
  const state = nats.connected ? (problems.length > 0 ? "stuck" : "ok") : "unreachable";
  return { state, problems, notes };
}

function tellLongWaits(
  backlog: SyncStatus["backlog"],
  now: Date,
  { problems, notes }: { readonly problems: string[]; readonly notes: string[] },
): void {
  for (const { kind, pending, parked, oldest } of backlog) {
    const waitedMs = oldest === null ? 0 : now.getTime() - oldest.getTime();
    if (waitedMs < longWaitMs) continue;
    const what = `${count(pending, "event")} of ${kind} wait to be published, the oldest for ${Math.round(waitedMs / 1_000)} s`;
    // What comes after a parked event of the same row waits with it.
    if (parked > 0) notes.push(`${what}, perhaps behind a dead letter of the relay`);
    else
      problems.push(`${what}; \`smith sync topology\` shows a stream that is missing, /readyz of smithd why`);
  }
}
