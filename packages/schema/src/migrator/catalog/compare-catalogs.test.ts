import { describe, expect, it } from "vitest";
import type { Catalog } from "./catalog.ts";
import { compareCatalogs } from "./compare-catalogs.ts";
import { describeDifference } from "./describe-difference.ts";

const table = { kind: "table", name: "a.t", properties: { owner: "x", privileges: ["x: SELECT by x"] } };
const column = { kind: "column", name: "a.t.id", properties: { type: "uuid" } };
const lines = (before: Catalog, after: Catalog) => compareCatalogs(before, after).map(describeDifference);

describe("comparing two snapshots", () => {
  it("finds none between equal ones, whatever their order", () => {
    expect(compareCatalogs([table, column], [column, table])).toEqual([]);
  });

  it("names an object that is gone and one that is new", () => {
    expect(compareCatalogs([table], [{ ...table, name: "a.u" }])).toEqual([
      { kind: "table", name: "a.t", property: "exists", before: true, after: false },
      { kind: "table", name: "a.u", property: "exists", before: false, after: true },
    ]);
  });

  it("does not repeat a missing table for each of its columns", () => {
    expect(lines([table, column], [])).toEqual(["table a.t: is gone"]);
  });

  it("names the property with what it was and is", () => {
    expect(lines([column], [{ ...column, properties: { type: "text" } }])).toEqual([
      'column a.t.id: type was "uuid", is "text"',
    ]);
  });

  it("says of a list what it lost and got", () => {
    const after = { ...table, properties: { ...table.properties, privileges: ["PUBLIC: SELECT by x"] } };
    expect(lines([table], [after])).toEqual([
      'table a.t: privileges: lost "x: SELECT by x"; got "PUBLIC: SELECT by x"',
    ]);
  });

  it("treats a property that is null like one that is not there", () => {
    expect(lines([column], [{ ...column, properties: { type: "uuid", default: null } }])).toEqual([]);
  });
});
