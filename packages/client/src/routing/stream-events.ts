import type { DatabaseEvents } from "../events/database-events.ts";
import { type EventHub, eventHub } from "../events/event-hub.ts";

/** Who hears of a stream. */
export interface StreamEvents {
  /** For finding the first row. */
  readonly events: EventHub<DatabaseEvents>;
  /** Tells of the call, now that the stream has ended, with its error if it had one. */
  ended(error: unknown): void;
}

/**
 * Keeps back what is told of a call when its first row is there: the stream may fail later. Of that part of a call
 * nothing is told but the call and its retries.
 */
export function streamEvents(events: EventHub<DatabaseEvents>): StreamEvents {
  if (!events.heard("call")) return { events, ended() {} };
  const startedAt = performance.now();
  const untilFirstRow = eventHub<DatabaseEvents>();
  let call: DatabaseEvents["call"] | undefined;
  untilFirstRow.on("call", (told) => {
    call = told;
  });
  untilFirstRow.on("retry", (retry) => events.emit("retry", retry));
  return {
    events: untilFirstRow,
    ended(error) {
      if (call !== undefined)
        events.emit("call", { ...call, durationMs: performance.now() - startedAt, error });
    },
  };
}
