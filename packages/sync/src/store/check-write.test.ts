import { describe, expect, it } from "vitest";
import { expiryOf } from "./check-write.ts";

describe("when a value expires", () => {
  it("may be a millisecond from now, also where the clock goes on meanwhile", () => {
    for (let ticks = 0, last = Date.now(); ticks < 200; ) {
      expect(expiryOf({ ttlMs: 1 })).toMatch(/Z$/);
      for (let n = 0; n < 100; n += 1) expiryOf({ ttlMs: 1 });
      const now = Date.now();
      if (now !== last) ticks += 1;
      last = now;
    }
  });

  it.each([0, -1, Number.NaN])("is not %s ms from now", (ttlMs) => {
    expect(() => expiryOf({ ttlMs })).toThrow(`a value cannot expire at ${ttlMs} ms from now`);
  });

  it("is not in the past", () => {
    expect(() => expiryOf({ expiresAt: new Date(1) })).toThrow("a value cannot expire at");
  });
});
