import { describe, expect, it } from "vitest";
import { forEachConcurrently } from "./for-each-concurrently.ts";

const never = new AbortController().signal;
const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("working on items concurrently", () => {
  it("begins them in their order and never more than the limit at a time", async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    await forEachConcurrently([1, 2, 3, 4, 5], 2, never, async (item) => {
      begun.push(item);
      most = Math.max(most, ++running);
      await tick();
      running--;
    });
    expect(begun).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  it("begins nothing after a failure, tells the others, and throws when they have ended", async () => {
    const ended: number[] = [];
    const work = async (item: number, signal: AbortSignal) => {
      if (item === 1) throw new TypeError("first");
      while (!signal.aborted) await tick();
      ended.push(item);
    };
    await expect(forEachConcurrently([1, 2, 3], 2, never, work)).rejects.toThrow("first");
    expect(ended).toEqual([2]);
  });

  it("begins nothing when it is aborted", async () => {
    const begun: number[] = [];
    await forEachConcurrently([1], 2, AbortSignal.abort(), async (item) => void begun.push(item));
    expect(begun).toEqual([]);
  });
});
