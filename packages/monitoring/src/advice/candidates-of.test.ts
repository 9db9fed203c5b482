import { expect, it } from "vitest";
import { catalogueOf, columnOf, indexOf, tableOf } from "../../test/support/catalogue.ts";
import { parseStatement } from "../statements/parse-statement.ts";
import { indexBody } from "./candidate.ts";
import { candidatesOf } from "./candidates-of.ts";
import type { CatalogueTable } from "./catalogue.ts";
import { readStatement } from "./tree/read-statement.ts";

const a = tableOf("a", [
  "id",
  "b",
  "c",
  columnOf("d", { distinct: 2 }),
  columnOf("gone", { nullFraction: 0.01 }),
  columnOf("flag", { isBoolean: true }),
  columnOf("doc", { contains: "jsonb", isSortable: false, width: 400 }),
  columnOf("list", { contains: "array", width: 40 }),
  columnOf("long", { width: 2000 }),
  columnOf("point", { isSortable: false }),
]);
const u = tableOf("u", ["id", "a_id", "x"], { schema: "other" });

async function bodies(text: string, tables: readonly CatalogueTable[] = [a, u]): Promise<string[]> {
  const parsed = await parseStatement(text);
  if ("reason" in parsed) throw new Error(parsed.reason);
  const { accesses } = readStatement(catalogueOf(...tables), parsed.tree);
  return accesses.flatMap((access) =>
    candidatesOf(access, { maxKeys: 3, maxCandidates: 100 }).map(
      (one) => `${one.table.name} ${indexBody(one).replace("USING btree ", "")}`,
    ),
  );
}

it.each([
  ["SELECT * FROM a WHERE b = $1", "a (b)"],
  ["SELECT * FROM a AS z WHERE z.b = $1 AND c > $2", "a (b, c)"],
  ["SELECT * FROM a WHERE c BETWEEN $1 AND $2 AND b IN ($3, $4)", "a (b, c)"],
  ["SELECT * FROM a WHERE $1 = b AND $2 >= c", "a (b, c)"],
  ["SELECT * FROM a WHERE b = ANY ($1)", "a (b)"],
  ["SELECT * FROM a WHERE d = $1 AND b = $2", "a (b, d)"],
  ["SELECT * FROM a WHERE b = $1 ORDER BY c DESC LIMIT $2", "a (b, c DESC)"],
  ["SELECT * FROM a WHERE b = $1 ORDER BY c DESC NULLS LAST", "a (b, c DESC NULLS LAST)"],
  ["SELECT b AS y, count(*) FROM a GROUP BY 1", "a (b)"],
  ["SELECT * FROM a WHERE gone IS NULL AND b = $1", "a (b) WHERE gone IS NULL"],
  ["SELECT * FROM a WHERE d = 7 AND b = $1", "a (b) WHERE d = 7"],
  ["SELECT * FROM a WHERE d IN (7, 8) AND b = $1", "a (b, d)"],
  ["SELECT c FROM a WHERE b = $1", "a (b) INCLUDE (c)"],
  ["SELECT * FROM a WHERE lower(b) = $1", "a ((lower(b)))"],
  ["SELECT * FROM a WHERE doc ->> 'kind' = $1", "a ((doc ->> 'kind'))"],
  ["SELECT * FROM a WHERE doc @> $1", "a USING gin (doc jsonb_path_ops)"],
  ["SELECT * FROM a WHERE doc ? $1", "a USING gin (doc)"],
  ["SELECT * FROM a WHERE list && $1", "a USING gin (list)"],
  ["SELECT * FROM a WHERE to_tsvector('english', b) @@ $1", "a USING gin ((to_tsvector('english', b)))"],
  ["SELECT * FROM a JOIN other.u ON u.a_id = a.id WHERE a.b = $1", "u (a_id)"],
  ["SELECT * FROM a JOIN other.u USING (id)", "u (id)"],
  ["SELECT * FROM a WHERE EXISTS (SELECT FROM other.u WHERE u.a_id = a.id)", "u (a_id)"],
  ["SELECT * FROM a WHERE a.id = (SELECT max(x) FROM other.u WHERE u.a_id = a.b)", "u (a_id)"],
  ["SELECT * FROM a WHERE b = $1 OR c = $2", "a (c)"],
  ["WITH w AS (SELECT * FROM a WHERE b = $1) SELECT * FROM w WHERE c = $2", "a (b)"],
  ["UPDATE a SET c = $1 WHERE b = $2", "a (b)"],
  ["DELETE FROM a USING other.u WHERE u.x = $1 AND a.id = u.a_id", "u (x)"],
  ["INSERT INTO other.u SELECT id FROM a WHERE b = $1", "a (b)"],
  ["MERGE INTO a USING other.u ON a.id = u.a_id WHEN MATCHED THEN UPDATE SET b = 1", "a (id)"],
  ["SELECT * FROM a WHERE b = $1 UNION SELECT * FROM a WHERE c = $2", "a (c)"],
])("takes for %s: %s", async (text, body) => {
  expect(await bodies(text)).toContain(body);
});

it.each([
  ["a condition on nothing but parameters", "SELECT * FROM a WHERE $1 = $2"],
  ["a row against itself", "SELECT * FROM a WHERE b = c"],
  ["what no B-tree orders", "SELECT * FROM a WHERE point = $1"],
  ["values that do not fit into a page", "SELECT * FROM a WHERE long = $1"],
  ["a function that gives now one, now another", "SELECT * FROM a WHERE age(b) = $1"],
  ["an expression with a parameter", "SELECT * FROM a WHERE doc ->> $1 = $2"],
  ["a WITH that hides the table", "WITH a AS (SELECT 1 AS b) SELECT * FROM a WHERE b = $1"],
  ["a table that is not there", "SELECT * FROM nowhere WHERE b = $1"],
  ["a table in a schema that is not looked in", "SELECT * FROM u WHERE x = $1"],
])("takes nothing for %s", async (_, text) => {
  expect(await bodies(text)).toEqual([]);
});

it("takes nothing that an index does already, in either direction", async () => {
  const of = async (text: string, ...names: string[][]) =>
    await bodies(text, [{ ...a, indexes: names.map((one) => indexOf(one)) }]);
  expect(await of("SELECT * FROM a WHERE b = $1", ["b", "c"])).toEqual([]);
  expect(await of("SELECT * FROM a WHERE b = $1", ["-b"])).toEqual([]);
  expect(await of("SELECT * FROM a WHERE b = $1", ["c", "b"])).toEqual(["a (b)"]);
  expect(await of("SELECT * FROM a ORDER BY b, c DESC", ["-b", "c"])).toEqual([]);
  expect(await of("SELECT * FROM a ORDER BY b, c DESC", ["b", "c"])).toContain("a (b, c DESC)");
});

it("makes no index for one of many values", async () => {
  expect(
    (await bodies("SELECT * FROM a WHERE b = 7 AND c = 8")).filter((body) => body.includes("WHERE")),
  ).toEqual([]);
});

it("takes columns of the table that they are of, whatever their statement calls it", async () => {
  const found = await bodies("SELECT z.x FROM other.u AS z, a AS u WHERE u.b = $1 AND z.x = $2");
  expect(found).toContain("u (x)");
  expect(found).toContain("a (b)");
  expect(found).not.toContain("u (b)");
});
