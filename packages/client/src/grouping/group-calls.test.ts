import { describe, expect, it } from "vitest";
import { groupCalls } from "./group-calls.ts";

function recorder(fails: (input: number) => boolean = () => false) {
  const runs: number[][] = [];
  const call = groupCalls<number, number>({
    maxSize: 3,
    isFaultOfOne: (error) => error instanceof RangeError,
    runMany: async (inputs) => {
      runs.push([...inputs]);
      await new Promise(setImmediate);
      if (inputs.some(fails)) throw inputs.includes(99) ? new TypeError("gone") : new RangeError("bad input");
      return inputs.map((input) => input * 10);
    },
  });
  return { runs, call };
}

describe("grouped calls", () => {
  it("of one turn go together up to a weight, and what weighs more goes alone", async () => {
    const runs: number[][] = [];
    const call = groupCalls<number, number>({
      maxSize: 10,
      maxWeight: 6,
      weightOf: (input) => input,
      isFaultOfOne: () => false,
      runMany: async (inputs) => {
        runs.push([...inputs]);
        return inputs;
      },
    });
    expect(await Promise.all([1, 2, 3, 1, 9, 6, 0, 1].map(call))).toEqual([1, 2, 3, 1, 9, 6, 0, 1]);
    expect(runs).toEqual([[1, 2, 3], [1], [9], [6, 0], [1]]);
  });

  it("of one turn go together, up to the size, and each gets its own answer", async () => {
    const { runs, call } = recorder();
    expect(await Promise.all([1, 2, 3, 4].map(call))).toEqual([10, 20, 30, 40]);
    expect(runs).toEqual([[1, 2, 3], [4]]);
  });

  it("that come while one runs go into the next", async () => {
    const { runs, call } = recorder();
    const first = call(1);
    await new Promise(setImmediate);
    const later = [call(2), call(3)];
    expect(await Promise.all([first, ...later])).toEqual([10, 20, 30]);
    expect(runs).toEqual([[1], [2, 3]]);
  });

  it("that are answered and called again at once go together again", async () => {
    const { runs, call } = recorder();
    const caller = async (input: number) => {
      await call(input);
      await call(input);
    };
    await Promise.all([caller(1), caller(2)]);
    expect(runs).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  it("suffer only from their own faults", async () => {
    const { runs, call } = recorder((input) => input === 2);
    const outcomes = await Promise.allSettled([1, 2, 3].map(call));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(runs).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it("fail together when it is nobody's fault", async () => {
    const { runs, call } = recorder((input) => input === 99);
    const outcomes = await Promise.allSettled([1, 99].map(call));
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(runs).toEqual([[1, 99]]);
  });
});
