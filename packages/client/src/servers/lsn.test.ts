import { describe, expect, it } from "vitest";
import { formatLsn, parseLsn } from "./lsn.ts";

describe("a position in the write-ahead log", () => {
  it.each(["0/0", "0/16B3740", "16/B374D848", "FFFFFFFF/FFFFFFFF"])("is read and written as %s", (text) => {
    const lsn = parseLsn(text);
    expect(lsn === undefined ? undefined : formatLsn(lsn)).toBe(text);
  });

  it("is ordered by its number, not by its text", () => {
    expect(parseLsn("2/0")).toBeLessThan(parseLsn("10/0") ?? 0n);
  });

  it.each(["", "16", "16/", "/1", "16/B374D8480", "G/0", "0/1 "])("is not %j", (text) => {
    expect(parseLsn(text)).toBeUndefined();
  });
});
