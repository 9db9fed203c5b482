import type { Run } from "../run.ts";

/** When an event begins and ends, in whole milliseconds since the run's first one. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Places the events of a run in time. Recorded times and durations are kept; where there are none, events follow
 * each other. No event begins at the same millisecond as one before it, so that sorting by time gives the
 * recorded order, and what takes time takes at least one millisecond.
 */
export function timelineOf(run: Pick<Run, "events" | "startedAt">): readonly Span[] {
  const origin = originOf(run);
  const spans: Span[] = [];
  let previous: Span = { start: -1, end: -1 };
  for (const event of run.events) {
    const earliest = previous.start + 1;
    const recorded = event.at === undefined ? previous.end + 1 : Date.parse(event.at) - origin;
    const start = Math.max(earliest, recorded);
    const duration = event.type === "step" ? Math.max(1, Math.round(event.duration_ms ?? 0)) : 0;
    previous = { start, end: start + duration };
    spans.push(previous);
  }
  return spans;
}

// Without the time of the run's start, its first recorded time is where it begins.
function originOf(run: Pick<Run, "events" | "startedAt">): number {
  const times = [run.startedAt, run.events.find((event) => event.at !== undefined)?.at];
  return Math.min(
    ...times.filter((time) => time !== undefined).map((time) => Date.parse(time)),
    Number.MAX_SAFE_INTEGER,
  );
}
