import { describe, expect, it } from "vitest";
import { changedTables } from "./database-digest.ts";

const table = (name: string, rows: number, digest: string) => ({ table: name, rows, digest });

describe("comparing what tables hold", () => {
  it("finds none changed where rows and digests are the same", () => {
    expect(changedTables([table("a", 1, "x")], [table("a", 1, "x")])).toEqual([]);
  });

  it("finds a table that was changed, one that is gone and one that is new", () => {
    const before = [table("a", 1, "x"), table("b", 1, "x"), table("c", 1, "x")];
    const after = [table("a", 1, "y"), table("c", 1, "x"), table("d", 0, "x")];
    expect(changedTables(before, after)).toEqual(["a", "b", "d"]);
  });
});
