import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { serverCircuitBreaker } from "./circuit-breaker.ts";

const lost = new Error("the way is lost");
const late = new Error("the time is over");
const refused = new Error("a constraint refused it");

describe("a circuit breaker", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("opens after failures of the way in a row, and then fails fast with when it tries again", async () => {
    const { breaker, changes } = breakerOf();
    await fail(breaker, lost, 2);
    await breaker.run(async () => "well");
    await fail(breaker, lost, 2);
    expect(breaker.state).toBe("closed");
    await fail(breaker, lost, 1);
    expect(breaker.state).toBe("open");
    vi.advanceTimersByTime(400);
    const notCalled = vi.fn(async () => {});
    await expect(breaker.run(notCalled)).rejects.toMatchObject({
      code: "CIRCUIT_OPEN",
      retryable: true,
      details: { address: "db:5432", retryAfterMs: 600 },
    });
    expect(notCalled).not.toHaveBeenCalled();
    expect(changes).toEqual(["closed>open"]);
  });

  it("is not moved by failures that are not of the way", async () => {
    const { breaker } = breakerOf();
    await fail(breaker, refused, 50);
    expect(breaker.state).toBe("closed");
  });

  it("lets three trials through at once, refuses the fourth, and closes when they succeed", async () => {
    const { breaker, changes } = breakerOf();
    await fail(breaker, lost, 3);
    vi.advanceTimersByTime(1_000);
    const gate = Promise.withResolvers<string>();
    const trials = [1, 2, 3].map(() => breaker.run(() => gate.promise));
    await expect(breaker.run(async () => "fourth")).rejects.toMatchObject({ code: "CIRCUIT_OPEN" });
    gate.resolve("well");
    expect(await Promise.all(trials)).toEqual(["well", "well", "well"]);
    expect(changes).toEqual(["closed>open", "open>half-open", "half-open>closed"]);
    expect(await breaker.run(async () => "again")).toBe("again");
  });

  it("counts trials that are over, too", async () => {
    const { breaker } = breakerOf();
    await fail(breaker, lost, 3);
    vi.advanceTimersByTime(1_000);
    await breaker.run(async () => {});
    await breaker.run(async () => {});
    expect(breaker.state).toBe("half-open");
    await breaker.run(async () => {});
    expect(breaker.state).toBe("closed");
  });

  it("opens again when a trial fails", async () => {
    const { breaker } = breakerOf();
    await fail(breaker, lost, 3);
    vi.advanceTimersByTime(1_000);
    await fail(breaker, lost, 1);
    expect([breaker.state, breaker.allows()]).toEqual(["open", false]);
  });

  it("takes a trial that has a connection for one that got through, however long it goes on", async () => {
    const { breaker } = breakerOf();
    await fail(breaker, lost, 3);
    vi.advanceTimersByTime(1_000);
    const gate = Promise.withResolvers<string>();
    const trials = [1, 2, 3].map(() => breaker.run(() => gate.promise));
    breaker.reached();
    breaker.reached();
    expect(breaker.allows()).toBe(false);
    breaker.reached();
    await vi.waitFor(() => expect(breaker.state).toBe("closed"));
    expect(await breaker.run(async () => "next")).toBe("next");
    gate.resolve("at last");
    expect(await Promise.all(trials)).toEqual(["at last", "at last", "at last"]);
  });

  it("opens again when a trial is lost that had a connection", async () => {
    const { breaker } = breakerOf();
    await fail(breaker, lost, 3);
    vi.advanceTimersByTime(1_000);
    const gate = Promise.withResolvers<string>();
    const trial = breaker.run(() => gate.promise);
    breaker.reached();
    gate.reject(lost);
    await expect(trial).rejects.toBe(lost);
    await vi.waitFor(() => expect(breaker.state).toBe("open"));
  });

  it("learns nothing from a trial whose time was over before it had a connection: its place is free again", async () => {
    const { breaker } = breakerOf();
    await fail(breaker, lost, 3);
    vi.advanceTimersByTime(1_000);
    await fail(breaker, late, 9);
    expect([breaker.state, breaker.allows()]).toEqual(["half-open", true]);
    for (const _ of [1, 2, 3]) await breaker.run(async () => {});
    expect(breaker.state).toBe("closed");
  });

  it("is closed by a reset, which no call from before can undo", async () => {
    const { breaker, changes } = breakerOf();
    const late = Promise.withResolvers<void>();
    const calls = [1, 2, 3].map(() => breaker.run(() => late.promise));
    await fail(breaker, lost, 3);
    breaker.reset();
    late.reject(lost);
    await Promise.allSettled(calls);
    expect(breaker.state).toBe("closed");
    await fail(breaker, lost, 2);
    expect(changes).toEqual(["closed>open", "open>closed"]);
  });

  it("does not have calls wait for one another", async () => {
    const { breaker } = breakerOf();
    const slow = Promise.withResolvers<string>();
    const first = breaker.run(() => slow.promise);
    expect(await breaker.run(async () => "quick")).toBe("quick");
    slow.resolve("slow");
    expect(await first).toBe("slow");
  });
});

function breakerOf() {
  const changes: string[] = [];
  const breaker = serverCircuitBreaker("db:5432", {
    failureThreshold: 3,
    recoveryTimeoutMs: 1_000,
    halfOpenCalls: 3,
    counts: (error) => error === lost,
    saysNothing: (error) => error === late,
    onChange: (from, to) => changes.push(`${from}>${to}`),
  });
  return { breaker, changes };
}

async function fail(breaker: ReturnType<typeof breakerOf>["breaker"], error: Error, times: number) {
  for (let time = 0; time < times; time += 1) {
    await expect(breaker.run(() => Promise.reject(error))).rejects.toBe(error);
  }
}
