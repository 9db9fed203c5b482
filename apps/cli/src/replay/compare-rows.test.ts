import { describe, expect, it } from "vitest";
import { compareRows } from "./compare-rows.ts";

const table = "knowledge.facts";
const row = { fact_id: "1", entity_type: "file", object_value: { a: [1, null] } };
const expected = new Map([['["1"]', row]]);

describe("comparing rows with the input", () => {
  it("finds nothing where nothing differs, whatever the order of keys in JSON", () => {
    const actual = { object_value: { a: [1, null] }, entity_type: "file", fact_id: "1" };
    expect(compareRows(table, expected, [actual])).toEqual([]);
  });

  it("finds a row that is missing and one that should not be there", () => {
    expect(compareRows(table, expected, [{ ...row, fact_id: "2" }])).toEqual([
      { kind: "missing", table, key: '["1"]' },
      { kind: "extra", table, key: '["2"]' },
    ]);
  });

  it("finds a value that differs deep inside", () => {
    expect(compareRows(table, expected, [{ ...row, object_value: { a: [1, 0] } }])).toEqual([
      {
        kind: "different",
        table,
        key: '["1"]',
        column: "object_value",
        expected: { a: [1, null] },
        actual: { a: [1, 0] },
      },
    ]);
  });

  it("tells NULL from JSON's null", () => {
    const { object_value: _, ...withNull } = row;
    const wanted = new Map([['["1"]', { ...row, object_value: null }]]);
    expect(compareRows(table, wanted, [withNull])).toEqual([
      { kind: "different", table, key: '["1"]', column: "object_value", expected: null },
    ]);
  });

  it("finds a value where NULL should be", () => {
    expect(compareRows(table, expected, [{ ...row, predicate: "x" }])).toMatchObject([
      { column: "predicate", actual: "x" },
    ]);
  });
});
