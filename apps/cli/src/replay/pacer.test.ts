import { describe, expect, it } from "vitest";
import { type Clock, createPacer } from "./pacer.ts";

/** A clock that moves only when someone sleeps, and wakes sleepers in the order of their time. */
function logicalClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      now += ms;
    },
    advance: (ms) => {
      now += ms;
    },
  };
}

const never = new AbortController().signal;

describe("a pacer", () => {
  it("lets steps begin evenly, the first at once", async () => {
    const clock = logicalClock();
    const pacer = createPacer(4, clock);
    const begun: number[] = [];
    for (let step = 0; step < 4; step++) {
      await pacer(never);
      begun.push(clock.now());
    }
    expect(begun).toEqual([0, 250, 500, 750]);
  });

  it("keeps the rate over all who call it", async () => {
    const asked: number[] = [];
    const clock: Clock = {
      now: () => 0,
      sleep: async (ms) => {
        asked.push(ms);
      },
    };
    const pacer = createPacer(10, clock);
    await Promise.all(Array.from({ length: 5 }, () => pacer(never)));
    expect(asked).toEqual([100, 200, 300, 400]);
  });

  it("does not make up for slots that nobody used", async () => {
    const clock = logicalClock();
    const pacer = createPacer(1, clock);
    await pacer(never);
    clock.advance(10_000);
    await pacer(never);
    expect(clock.now()).toBe(10_000);
    await pacer(never);
    expect(clock.now()).toBe(11_000);
  });

  it("never waits at a rate of 0", async () => {
    const clock = logicalClock();
    const pacer = createPacer(0, clock);
    for (let step = 0; step < 100; step++) await pacer(never);
    expect(clock.now()).toBe(0);
  });

  it("stops waiting when it is told to", async () => {
    const pacer = createPacer(1, logicalClock());
    await pacer(never);
    await expect(pacer(AbortSignal.abort("SIGINT"))).rejects.toBe("SIGINT");
  });
});
