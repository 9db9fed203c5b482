import { describe, expect, it } from "vitest";
import { storedAtMs } from "./stored-at.ts";

describe("when a message was stored", () => {
  it.each([
    [1_700_000_000_123_999_999n, 1_700_000_000_123],
    [1_700_000_000_123_000_000n, 1_700_000_000_123],
    [1_700_000_000_124_000_000n, 1_700_000_000_124],
  ])("is the millisecond that %s ns lie in, not the next one", (timestampNanos, ms) => {
    expect(storedAtMs({ timestampNanos })).toBe(ms);
  });
});
