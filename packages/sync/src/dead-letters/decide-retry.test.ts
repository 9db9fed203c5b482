import { describe, expect, it } from "vitest";
import { decideRetry, type RetryLast, type RetryLook } from "./decide-retry.ts";

const parkedAtMs = 1_000;
const look = (own: Partial<RetryLook> = {}): RetryLook => ({
  sequence: 5,
  isSameStream: true,
  parkedAtMs,
  last: undefined,
  row: undefined,
  ...own,
});
const last = (own: Partial<RetryLast> = {}): RetryLast => ({
  sequence: 5,
  storedAtMs: 900,
  isFromPostgres: false,
  ...own,
});

describe("a dead write", () => {
  it("is published again over itself, and over nothing", () => {
    expect(decideRetry(look({ last: last() }))).toEqual({ expect: 5 });
    expect(decideRetry(look())).toEqual({ expect: 0 });
    expect(decideRetry(look({ row: "before" }))).toEqual({ expect: 0 });
  });

  it("covers no later write of the bucket, whenever that was flushed", () => {
    for (const row of [undefined, "before", "then"] as const)
      expect(decideRetry(look({ last: last({ sequence: 6 }), row }))).toBe("newer in the bucket");
  });

  it("covers no row that was written since, whatever the bucket has", () => {
    for (const each of [undefined, last(), last({ sequence: 9, isFromPostgres: true })])
      for (const isSameStream of [true, false])
        expect(decideRetry(look({ last: each, row: "after", isSameStream }))).toBe("newer in PostgreSQL");
  });

  it("is the newer one of its own batch when the numbers say so, and in doubt is not", () => {
    expect(decideRetry(look({ last: last(), row: "then" }))).toEqual({ expect: 5 });
    expect(decideRetry(look({ row: "then" }))).toBe("newer in PostgreSQL");
    expect(decideRetry(look({ last: last({ isFromPostgres: true }), row: "then" }))).toBe(
      "newer in PostgreSQL",
    );
  });

  it("is published over what was brought from PostgreSQL before", () => {
    const brought = last({ sequence: 9, storedAtMs: 2_000, isFromPostgres: true });
    expect(decideRetry(look({ last: brought, row: "before" }))).toEqual({ expect: 9 });
    expect(decideRetry(look({ last: brought, row: "before", isSameStream: false }))).toEqual({ expect: 9 });
  });

  it("of another life of the stream is judged by times, as numbers say nothing", () => {
    const other = (own: Partial<RetryLast>) => look({ isSameStream: false, last: last(own) });
    expect(decideRetry(other({ sequence: 2, storedAtMs: 1_001 }))).toBe("newer in the bucket");
    expect(decideRetry(other({ sequence: 9, storedAtMs: 900 }))).toEqual({ expect: 9 });
  });
});
