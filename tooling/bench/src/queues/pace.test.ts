import { describe, expect, it } from "vitest";
import { watchPace } from "./pace.ts";

describe("the pace", () => {
  it("is not known where the run did not come", () => {
    const pace = watchPace();
    pace.onDone(10);
    expect(pace.done()).toBe(10);
    expect(pace.between(0, 11)).toBeNaN();
  });
  it("counts what was done between two marks", () => {
    const pace = watchPace();
    for (let round = 0; round < 1_000; round += 1) pace.onDone(1);
    expect(pace.between(0, 1_000)).toBeGreaterThan(0);
    expect(pace.done()).toBe(1_000);
  });
});
