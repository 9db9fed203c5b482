import { describe, expect, it } from "vitest";
import { lsnHistory } from "./lsn-history.ts";
import { isWithin, replicaLag } from "./replica-lag.ts";

describe("the lag of a replica", () => {
  it("is not known before the primary was seen", () => {
    expect(replicaLag(lsnHistory(), 10n, 1_000)).toEqual({ ms: undefined, bytes: undefined });
  });

  it("is nothing while the primary is idle, however long", () => {
    const history = lsnHistory();
    history.observe(10n, 0);
    expect(replicaLag(history, 10n, 3_600_000)).toEqual({ ms: 0, bytes: 0 });
  });

  it("counts from when the primary was last at its position, not from when it first was", () => {
    const history = lsnHistory();
    history.observe(10n, 0);
    history.observe(10n, 60_000);
    history.observe(25n, 61_000);
    expect(replicaLag(history, 10n, 61_500)).toEqual({ ms: 1_500, bytes: 15 });
  });

  it("grows while it stands still and the primary does not", () => {
    const history = lsnHistory();
    for (let second = 0; second <= 20; second += 1) history.observe(BigInt(second * 100), second * 1_000);
    expect(replicaLag(history, 550n, 20_000)).toEqual({ ms: 15_000, bytes: 1_450 });
  });

  it("is not known when it is further back than anything remembered", () => {
    const history = lsnHistory();
    history.observe(100n, 0);
    const lag = replicaLag(history, 40n, 10);
    expect(lag).toEqual({ ms: undefined, bytes: 60 });
    expect(isWithin(lag, { maxLagMs: 1_000, maxLagBytes: 1_000 })).toBe(false);
  });

  it.each([
    [{ ms: 100, bytes: 100 }, true],
    [{ ms: 101, bytes: 100 }, false],
    [{ ms: 100, bytes: 101 }, false],
    [{ ms: undefined, bytes: 0 }, false],
    [{ ms: 0, bytes: undefined }, false],
  ])("is within a bound of 100 ms and 100 bytes, when it is %j: %s", (lag, within) => {
    expect(isWithin(lag, { maxLagMs: 100, maxLagBytes: 100 })).toBe(within);
  });

  it("is never taken for less than it is when the past grows coarser", () => {
    const exact = lsnHistory(100_000);
    const coarse = lsnHistory(8);
    for (let second = 0; second < 100; second += 1) {
      exact.observe(BigInt(second), second);
      coarse.observe(BigInt(second), second);
      expect(coarse.newest).toBe(BigInt(second));
    }
    for (let lsn = 0n; lsn < 99n; lsn += 1n) {
      const truth = replicaLag(exact, lsn, 100).ms ?? 0;
      expect(replicaLag(coarse, lsn, 100).ms ?? Infinity).toBeGreaterThanOrEqual(truth);
    }
  });

  it("does not go by an answer that was overtaken by a later one", () => {
    const history = lsnHistory();
    history.observe(20n, 5);
    history.observe(10n, 6);
    expect(history.newest).toBe(20n);
  });
});
