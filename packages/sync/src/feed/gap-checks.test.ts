import { describe, expect, it } from "vitest";
import { leavesOut } from "./gap-checks.ts";

describe("a nats-server whose consumers leave out messages when a subject is purged", () => {
  it.each(["2.8.4", "2.9.0", "2.9.10", "2.9.14", "1.4.1"])("is %s", (version) => {
    expect(leavesOut(version)).toBe(true);
  });

  it.each(["2.9.15", "2.9.25", "2.10.0", "2.10.0-RC.1", "2.15.1", "3.0.0", ""])("is not %j", (version) => {
    expect(leavesOut(version)).toBe(false);
  });
});
