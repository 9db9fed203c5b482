import { expect, it } from "vitest";
import { parseStatement } from "./parse-statement.ts";

it.each([
  ["SELECT $1", "select"],
  ["WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone", "select"],
  ["VALUES ($1)", "select"],
  ["INSERT INTO a VALUES ($1) ON CONFLICT DO NOTHING", "insert"],
  ["UPDATE a SET b = $1", "update"],
  ["/* SELECT */ DELETE FROM a", "delete"],
  ["MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE", "merge"],
  ["TRUNCATE a", "other"],
  ["EXPLAIN SELECT 1", "other"],
  ["SELECT 1; DROP TABLE a", "not one statement"],
  ["-- nothing", "not one statement"],
  ["", "no statement"],
  ["SELECT 'cut off", "no statement"],
  ["выбрать всё", "no statement"],
  ["SELECT 1\0; DROP TABLE a", "no statement"],
])("takes %j for what it is: %s", async (text, kind) => {
  expect((await parseStatement(text)).kind).toBe(kind);
});

it("takes a select with a name in another script", async () => {
  expect((await parseStatement('SELECT "имя" FROM "агенты" WHERE "имя" = $1')).kind).toBe("select");
});

it("does not parse a text without end", async () => {
  const { kind } = await parseStatement(`SELECT '${"x".repeat(1_048_576)}'`);
  expect(kind).toBe("no statement");
});
