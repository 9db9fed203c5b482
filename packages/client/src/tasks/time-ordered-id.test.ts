import { validate, version } from "uuid";
import { describe, expect, it } from "vitest";
import { timeOrderedId } from "./time-ordered-id.ts";

describe("time-ordered identifiers", () => {
  it("are UUIDs of version 7, grow with each call, and say when they were made", () => {
    const from = Date.now();
    const ids = Array.from({ length: 10_000 }, timeOrderedId);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect([...new Set(ids)].sort()).toEqual(ids);
    const madeAt = Number.parseInt((ids[0] as string).replaceAll("-", "").slice(0, 12), 16);
    expect(madeAt).toBeGreaterThanOrEqual(from);
    expect(madeAt).toBeLessThanOrEqual(Date.now());
  });
  it("do not repeat the random part", () => {
    const random = Array.from({ length: 1_000 }, () => timeOrderedId().slice(-10));
    expect(new Set(random).size).toBe(1_000);
  });
});
