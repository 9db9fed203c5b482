import { expect, it } from "vitest";
import { readStatement } from "./readable-statement.ts";
import { typeGuesses } from "./type-guesses.ts";

/** The guesses for a statement, where `^` stands in front of what PostgreSQL complained of. */
async function guessesFor(marked: string): Promise<readonly string[]> {
  const at = Buffer.from(marked).indexOf("^");
  const statement = await readStatement(marked.replace("^", ""));
  if (statement === null) throw new TypeError(`it is no statement: ${marked}`);
  return [...typeGuesses(statement, at < 0 ? null : at)];
}

it.each([
  [
    "SELECT 'ä', a FROM b WHERE c > $1 ^+ $2",
    "SELECT 'ä', a FROM b WHERE c > CAST($1 AS integer) + CAST($2 AS integer)",
  ],
  [
    "SELECT ^sum(CASE WHEN a = $1 THEN $2 ELSE $3 END) FROM b",
    "SELECT sum(CASE WHEN a = $1 THEN CAST($2 AS integer) ELSE CAST($3 AS integer) END) FROM b",
  ],
  [
    "SELECT a FROM b WHERE c ^= ANY (ARRAY[$1, $2])",
    "SELECT a FROM b WHERE c = ANY (ARRAY[CAST($1 AS integer), CAST($2 AS integer)])",
  ],
  [
    "SELECT b.x FROM (VALUES ($1, $2), ($3, $4)) AS v (id, name) JOIN b ON b.id ^= v.id",
    "SELECT b.x FROM (VALUES (CAST($1 AS integer), $2), (CAST($3 AS integer), $4)) AS v (id, name) JOIN b ON b.id = v.id",
  ],
  [
    "WITH RECURSIVE t AS (SELECT $1 AS n UNION ALL SELECT t.n ^+ a.b FROM t, a) SELECT n FROM t",
    "WITH RECURSIVE t AS (SELECT CAST($1 AS integer) AS n UNION ALL SELECT t.n + a.b FROM t, a) SELECT n FROM t",
  ],
  [
    "SELECT jsonb_build_object($1, a, $2, $3::integer) FROM b",
    "SELECT jsonb_build_object(CAST($1 AS text), a, CAST($2 AS text), $3::integer) FROM b",
  ],
  [
    "SELECT ^sum(n) FROM unnest(ARRAY[$1, $2]) AS n",
    "SELECT sum(n) FROM unnest(ARRAY[CAST($1 AS integer), CAST($2 AS integer)]) AS n",
  ],
  [
    "SELECT repeat($1, $2), format($3, $4)",
    "SELECT repeat($1, $2), format(CAST($3 AS text), CAST($4 AS text))",
  ],
  ["SELECT a FROM b WHERE $1 IS NULL", "SELECT a FROM b WHERE CAST($1 AS text) IS NULL"],
])("of %j", async (marked, guess) => {
  expect((await guessesFor(marked))[0]).toBe(guess);
});

it("are none where no parameter is without a type", async () => {
  expect(await guessesFor("SELECT a ^+ $1::integer FROM b")).toEqual([]);
});

it("are all different, and few", async () => {
  const guesses = await guessesFor("SELECT $1 ^+ $2");
  expect(new Set(guesses).size).toBe(guesses.length);
  expect(guesses.length).toBeLessThan(20);
});
