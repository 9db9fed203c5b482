import { expect, it } from "vitest";
import { parseStatement } from "../../statements/parse-statement.ts";
import { namedTables } from "./named-tables.ts";

it.each([
  ["SELECT 1", []],
  ["SELECT * FROM a JOIN s.b AS c USING (x), a", ["a", "s.b"]],
  ["INSERT INTO a SELECT * FROM b WHERE x IN (SELECT y FROM c)", ["a", "b", "c"]],
  ["UPDATE a SET x = (SELECT 1 FROM b) FROM c", ["a", "b", "c"]],
  ["DELETE FROM a USING b WHERE EXISTS (SELECT FROM c)", ["a", "b", "c"]],
  ["MERGE INTO a USING b ON TRUE WHEN MATCHED THEN DELETE", ["a", "b"]],
  ["WITH w AS (SELECT * FROM a) SELECT * FROM w UNION SELECT * FROM b", ["a", "b", "w"]],
  [
    "SELECT (SELECT max(x) FROM a) FROM LATERAL (SELECT * FROM b) AS z ORDER BY (SELECT 1 FROM c)",
    ["a", "b", "c"],
  ],
])("finds the tables that are named in %j", async (text, names) => {
  const parsed = await parseStatement(text);
  if ("reason" in parsed) throw new Error(parsed.reason);
  const found = namedTables([parsed.tree]).map(({ schema, name }) =>
    schema === null ? name : `${schema}.${name}`,
  );
  expect(found.toSorted()).toEqual(names);
});
