import { describe, expect, it } from "vitest";
import { bigInteger } from "./big-integer.ts";
import { decimal } from "./decimal.ts";
import { embeddingDimensions, embeddingVector } from "./embedding-vector.ts";
import { interval } from "./interval.ts";
import { timestamp } from "./timestamp.ts";

describe("a TIMESTAMPTZ", () => {
  const moment = new Date("2026-03-01T10:20:30.123Z");

  it.each([
    ["a Date", moment],
    ["milliseconds", moment.getTime()],
    ["the server's text", "2026-03-01 11:20:30.123+01"],
  ])("is a Date when the driver gives %s", (_, given) => {
    expect(timestamp.parse(given)).toEqual(moment);
  });

  it.each([Number.POSITIVE_INFINITY, "infinity", "yesterday", null])("is refused when it is %s", (given) => {
    expect(timestamp.safeParse(given).success).toBe(false);
  });
});

describe("a BIGINT", () => {
  it.each([
    ["9223372036854775807", 9223372036854775807n],
    [-5, -5n],
    [7n, 7n],
  ])("keeps every digit of %s", (given, expected) => {
    expect(bigInteger.parse(given)).toBe(expected);
  });

  it.each([2 ** 60, 1.5, "1.5", ""])("is refused when a digit may be missing: %s", (given) => {
    expect(bigInteger.safeParse(given).success).toBe(false);
  });
});

describe("a NUMERIC or DOUBLE PRECISION", () => {
  it.each([
    ["0.85", 0.85],
    ["1.25e-05", 0.0000125],
    [0.85, 0.85],
  ])("is a number when the driver gives %s", (given, expected) => {
    expect(decimal.parse(given)).toBe(expected);
  });

  it("is refused when it is no number", () => {
    expect(decimal.safeParse("NaN").success).toBe(false);
  });
});

describe("an INTERVAL", () => {
  it.each([
    ["parts", { days: 1, hours: 2, seconds: 3, milliseconds: 4.5 }, 93_603_004.5],
    ["seconds", 3600, 3_600_000],
    ["a clock", "01:00:00", 3_600_000],
    ["a negative clock", "-00:00:01.5", -1500],
    ["a calendar and a clock", "1 year 2 mons -3 days 04:05:06", 31_557_600_000 + 4_924_800_000 + 14_706_000],
    ["days alone", "2 days", 172_800_000],
  ])("is milliseconds when the driver gives %s", (_, given, expected) => {
    expect(interval.parse(given)).toBe(expected);
  });

  it.each(["", "soon", "1 hour"])("is refused when it is the text '%s'", (given) => {
    expect(interval.safeParse(given).success).toBe(false);
  });
});

describe("an embedding", () => {
  const numbers = Array.from({ length: embeddingDimensions }, (_, index) => index / 8);

  it("is the same array from REAL[] and from pgvector's text", () => {
    expect(embeddingVector.parse(numbers)).toEqual(numbers);
    expect(embeddingVector.parse(`[${numbers.join(",")}]`)).toEqual(numbers);
  });

  it("is refused with another number of dimensions, or with something else among them", () => {
    expect(embeddingVector.safeParse([1, 2, 3]).success).toBe(false);
    expect(embeddingVector.safeParse("[1,2,3]").success).toBe(false);
    expect(embeddingVector.safeParse([...numbers.slice(1), Number.NaN]).success).toBe(false);
  });
});
