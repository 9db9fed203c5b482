import { expect, it } from "vitest";
import { inBatches } from "./in-batches.ts";

it("upkeep in batches goes on until one is not full, and counts all of them", async () => {
  const left = [10, 10, 3, 10];
  const told: number[] = [];
  const done = await inBatches(
    async (limit) => Math.min(limit, left.shift() ?? 0),
    10,
    (soFar) => told.push(soFar),
  );
  expect({ done, told, left }).toEqual({ done: 23, told: [10, 20, 23], left: [10] });
});
