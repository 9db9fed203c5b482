import type { JsMsg } from "@nats-io/jetstream";

/** When the server stored a message that a consumer delivered, in whole milliseconds since 1970, never rounded up. */
export function storedAtMs({ timestampNanos }: Pick<JsMsg, "timestampNanos">): number {
  // As a number, as `info` has them, nanoseconds are rounded: sometimes into the next millisecond.
  return Number(timestampNanos / 1_000_000n);
}
