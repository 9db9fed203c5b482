import { describe, expect, it } from "vitest";
import { leftBehind } from "./left-behind.ts";

describe("looking for what was left behind", () => {
  it("finds a process that lives and a folder that is there", () => {
    expect(leftBehind([import.meta.dirname], [process.pid])).toEqual([
      `process ${process.pid}`,
      `folder ${import.meta.dirname}`,
    ]);
  });

  it("finds nothing where nothing is", () => {
    // The highest id that Linux gives a process is 4194304.
    expect(leftBehind([`${import.meta.dirname}/no-such-folder`], [4_194_305])).toEqual([]);
  });
});
