import type { ServiceStatus } from "@mister-smith/sync";

/** How something is: as it should be, in need of a look, in need of help, or not known. */
export type Level = "ok" | "warning" | "critical" | "unknown";

/** What is known of a pipe. */
export interface PipeFacts {
  /** How its part in this daemon is; undefined where this daemon may not have its role, or has no servers yet. */
  readonly status: ServiceStatus["state"] | undefined;
  /** Why it is so. */
  readonly why: string | undefined;
  /** Who leads it; null: nobody; undefined: not known. */
  readonly leader: string | null | undefined;
  /** How much waits in it; undefined: not known. */
  readonly waiting: number | undefined;
  /** For how long the oldest of it has waited, in seconds; undefined: not known. */
  readonly lagSeconds: number | undefined;
  /** Without progress for so long a part is stuck, in seconds. */
  readonly stuckAfterSeconds: number;
}

/** What is to be said of a pipe: in a word, and why where that is not as it should be. */
export interface PipeJudgement {
  readonly level: Level;
  readonly word: string;
  readonly why: string | null;
}

/** What comes through as it should waits for no longer than this, in seconds. */
const usualSeconds = 5;

/** Judges a pipe: that something waits is usual, that it waits for long, or for nobody, is not. */
export function judgePipe(facts: PipeFacts): PipeJudgement {
  const { status, why = null, leader, waiting, lagSeconds, stuckAfterSeconds } = facts;
  // A part whose role another one leads is stuck only when it cannot ask for it.
  if (status === "stuck" || status === "stopped") return { level: "critical", word: status, why };
  if (leader === undefined) return { level: "unknown", word: "not known", why };
  if (leader === null)
    return { level: "critical", word: "nobody leads", why: "no smithd has this role: start one that may" };
  if (lagSeconds !== undefined && lagSeconds > stuckAfterSeconds)
    return { level: "critical", word: "behind", why: why ?? "the oldest of what waits has waited for long" };
  if (lagSeconds !== undefined && lagSeconds > usualSeconds)
    return { level: "warning", word: "catching up", why };
  if (waiting === undefined) return { level: "unknown", word: "not known", why };
  return { level: "ok", word: waiting === 0 ? "in step" : "moving", why: null };
}
