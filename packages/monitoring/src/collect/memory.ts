import type { Queryable } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { counter, gauge, type Sample } from "../metrics/metric.ts";
import type { Asked, CollectedRow } from "./collector.ts";
import { type Collected, samplesOf } from "./samples-of.ts";
import type { CollectorReport, CollectorState, Snapshot } from "./snapshot.ts";

/** The metrics of the monitor itself. */
export const ownMetrics = {
  state: gauge(
    "smith_monitor_collector_state",
    "1 for the state that a collector is in: ok, not visible, unsupported, stale or failed",
    "collector",
    "state",
  ),
  seconds: gauge(
    "smith_monitor_collector_seconds",
    "How long the last answer to a collector took",
    "collector",
  ),
  answered: gauge(
    "smith_monitor_collector_last_answer_timestamp_seconds",
    "When a collector was last answered, in seconds since 1970: what it counts grew since the answer before",
    "collector",
  ),
  failures: counter(
    "smith_monitor_collector_failures_total",
    "Questions that were not answered",
    "collector",
  ),
} as const;

/** What is remembered of a collector between two looks. */
export interface Memory {
  askedAt: number;
  answeredAt: Date | null;
  durationMs: number | null;
  error: unknown;
  failures: number;
  state: CollectorState;
  collected: Collected;
}

/** Runs questions where none waits for a lock for longer than a monitor may. */
export type Run = <Result>(work: (on: Queryable) => Promise<Result>, timeoutMs: number) => Promise<Result>;

/**
 * Asks, and remembers what came of it.
 *
 * @param answer gives the rows; null where this server cannot tell
 */
export async function ask(
  asked: Asked,
  memory: Memory,
  answer: () => Promise<readonly CollectedRow[] | null>,
): Promise<void> {
  const began = performance.now();
  memory.askedAt = began;
  try {
    const rows = await answer();
    if (rows === null) {
      Object.assign(memory, {
        ...nothing(),
        askedAt: began,
        failures: memory.failures,
        state: "unsupported",
      });
      return;
    }
    const collected = samplesOf(asked, rows);
    memory.collected = collected;
    memory.state = collected.hidden.length > 0 ? "not visible" : "ok";
    memory.answeredAt = new Date();
    memory.durationMs = performance.now() - began;
    memory.error = null;
  } catch (error) {
    if (isRefused(error))
      Object.assign(memory, { ...nothing(), askedAt: began, error, state: "not visible" });
    else {
      fail(memory, error);
      // What is asked seldom may cost much, also when it fails: it is not tried at each look.
      if (asked.intervalMs > seldomMs) memory.askedAt = began - asked.intervalMs * 0.9;
    }
  }
}

/** A question that is asked less often is not tried anew at once, in milliseconds. */
const seldomMs = 60_000;

/** Whether the role lacks a right: that is not the server's fault, and no reason to ask again at once. */
function isRefused(error: unknown): boolean {
  return error instanceof DatabaseError && error.sqlState === "42501";
}

/** Remembers that a question was not answered. */
export function fail(memory: Memory, error: unknown): void {
  memory.error = error;
  memory.failures += 1;
  memory.state = memory.answeredAt === null ? "failed" : "stale";
  // Asked anew at the next look.
  memory.askedAt = Number.NEGATIVE_INFINITY;
}

/** What is known of a collector that was never asked. */
export function nothing(): Memory {
  return {
    askedAt: Number.NEGATIVE_INFINITY,
    answeredAt: null,
    durationMs: null,
    error: null,
    failures: 0,
    state: "failed",
    collected: { samples: [], hidden: [] },
  };
}

/** All that is known now: the values of those that were answered, and how each collector stands. */
export function snapshot(memories: ReadonlyMap<Asked, Memory>): Snapshot {
  const samples: Sample[] = [];
  const collectors: CollectorReport[] = [];
  for (const [{ name }, memory] of memories) {
    const { state, answeredAt, durationMs, error, collected } = memory;
    collectors.push({ name, state, answeredAt, durationMs, error });
    if (state === "ok" || state === "not visible") samples.push(...collected.samples);
  }
  return { at: new Date(), samples: [...samples, ...ownSamples(memories)], collectors };
}

function ownSamples(memories: ReadonlyMap<Asked, Memory>): readonly Sample[] {
  const each = [...memories];
  return [
    ...each.map(([{ name }, { state }]) => ({
      metric: ownMetrics.state,
      labels: { collector: name, state },
      value: 1,
    })),
    ...each.flatMap(([{ name }, { durationMs }]) =>
      durationMs === null
        ? []
        : [{ metric: ownMetrics.seconds, labels: { collector: name }, value: durationMs / 1000 }],
    ),
    ...each.flatMap(([{ name }, { answeredAt }]) =>
      answeredAt === null
        ? []
        : [{ metric: ownMetrics.answered, labels: { collector: name }, value: answeredAt.getTime() / 1000 }],
    ),
    ...each.map(([{ name }, { failures }]) => ({
      metric: ownMetrics.failures,
      labels: { collector: name },
      value: failures,
    })),
  ];
}
