import { expect, it } from "vitest";
import { shared } from "./shared.ts";

it("makes it once for all who ask at once, and again when its time is over", async () => {
  let times = 0;
  const make = async () => {
    times += 1;
    return times;
  };
  const long = shared(60_000, make);
  expect(await Promise.all([long(), long()])).toEqual([1, 1]);
  expect(await long()).toBe(1);
  const short = shared(0, make);
  expect([await short(), await short()]).toEqual([2, 3]);
});

it("keeps no failure", async () => {
  let times = 0;
  const failing = shared(60_000, async () => {
    times += 1;
    if (times === 1) throw new Error("once");
    return times;
  });
  await expect(failing()).rejects.toThrow("once");
  expect(await failing()).toBe(2);
});
