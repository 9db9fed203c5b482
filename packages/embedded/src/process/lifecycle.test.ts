import { describe, expect, it } from "vitest";
import { createLifecycle } from "./lifecycle.ts";

function counted() {
  const calls: string[] = [];
  let alive = false;
  const lifecycle = createLifecycle({
    start: async () => {
      calls.push("start");
      await Promise.resolve();
      alive = true;
    },
    stop: async () => {
      calls.push("stop");
      await Promise.resolve();
      alive = false;
    },
    isRunning: () => alive,
  });
  return {
    ...lifecycle,
    calls,
    die: () => {
      alive = false;
    },
  };
}

describe("a lifecycle", () => {
  it("does nothing when it is stopped before it was started", async () => {
    const { stop, calls } = counted();
    await stop();
    expect(calls).toEqual([]);
  });

  it("gives every caller the same promise while the change is under way", async () => {
    const { start, stop, calls } = counted();
    const started = start();
    expect(start()).toBe(started);
    await started;
    const stopping = stop();
    expect(stop()).toBe(stopping);
    await stopping;
    await stop();
    expect(calls).toEqual(["start", "stop"]);
  });

  it("lets a change wait for the opposite one that is under way", async () => {
    const { start, stop, calls } = counted();
    await Promise.all([start(), stop(), start()]);
    expect(calls).toEqual(["start", "stop", "start"]);
  });

  it("starts again what has died, and clears up after it at stop", async () => {
    const { start, stop, die, calls } = counted();
    await start();
    die();
    await start();
    die();
    await stop();
    expect(calls).toEqual(["start", "start", "stop"]);
  });

  it("can be started again after a start that failed, and passes its error on", async () => {
    let failures = 1;
    let alive = false;
    const { start } = createLifecycle({
      start: async () => {
        failures -= 1;
        if (failures === 0) throw new Error("first time");
        alive = true;
      },
      stop: async () => {},
      isRunning: () => alive,
    });
    await expect(start()).rejects.toThrow("first time");
    await start();
    expect(alive).toBe(true);
  });
});
