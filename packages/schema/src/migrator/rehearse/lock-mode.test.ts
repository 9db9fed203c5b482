import { describe, expect, it } from "vitest";
import { lockModeName, lockStrength } from "./lock-mode.ts";

describe("lock modes", () => {
  it.each([
    ["AccessShareLock", "ACCESS SHARE"],
    ["ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"],
    ["AccessExclusiveLock", "ACCESS EXCLUSIVE"],
  ])("%s is %s in SQL", (mode, name) => {
    expect(lockModeName(mode)).toBe(name);
  });

  it("are ordered by strength", () => {
    expect(lockStrength("AccessExclusiveLock")).toBeGreaterThan(lockStrength("ShareLock"));
    expect(lockStrength("ShareLock")).toBeGreaterThan(lockStrength("RowExclusiveLock"));
    expect(lockStrength("none")).toBe(0);
  });
});
