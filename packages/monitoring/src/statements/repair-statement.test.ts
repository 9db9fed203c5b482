import { expect, it } from "vitest";
import { repairStatement } from "./repair-statement.ts";

it.each([
  ["SELECT a FROM b WHERE c = $1", "SELECT a FROM b WHERE c = $1"],
  ["SELECT 'ä' FROM b WHERE d < DATE $1", "SELECT 'ä' FROM b WHERE d < CAST($1 AS DATE)"],
  [
    "SELECT DATE $1 - INTERVAL $2 DAY - INTERVAL $3 DAY TO SECOND(3) + interval(3) $4",
    "SELECT CAST($1 AS DATE) - CAST($2 AS INTERVAL DAY) - CAST($3 AS INTERVAL DAY TO SECOND(3)) + CAST($4 AS interval(3))",
  ],
  [
    "SELECT timestamp with time zone $1, double precision $2, numeric(10,2) $3, pg_catalog.uuid $12",
    "SELECT CAST($1 AS timestamp with time zone), CAST($2 AS double precision), CAST($3 AS numeric(10,2)), CAST($12 AS pg_catalog.uuid)",
  ],
  ["SELECT CAST($1 AS date), $2::date", "SELECT CAST($1 AS date), $2::date"],
  [
    "SELECT extract($1 FROM a - extract($2 from b) * c)",
    'SELECT pg_catalog."extract"($1::text, a - pg_catalog."extract"($2::text, b) * c)',
  ],
  [
    "SELECT date_trunc($1, a) AS day, count(*) + $2 FROM b GROUP BY date_trunc($3, a) HAVING date_trunc($4, a) > $5 ORDER BY date_trunc($6, a)",
    "SELECT date_trunc($2, a) AS day, count(*) + $1 FROM b GROUP BY date_trunc($2, a) HAVING date_trunc($2, a) > $3 ORDER BY date_trunc($2, a)",
  ],
  [
    "SELECT a ->> $1, a ->> $2 FROM b GROUP BY a ->> $3, a ->> $4",
    "SELECT a ->> $1, a ->> $2 FROM b GROUP BY a ->> $1, a ->> $2",
  ],
  [
    "SELECT a FROM (SELECT left(c, $1) AS a FROM d GROUP BY left(c, $2)) AS e UNION SELECT left(c, $3) FROM d GROUP BY ROLLUP (left(c, $4))",
    "SELECT a FROM (SELECT left(c, $1) AS a FROM d GROUP BY left(c, $1)) AS e UNION SELECT left(c, $2) FROM d GROUP BY ROLLUP (left(c, $2))",
  ],
  [
    "SELECT DISTINCT lower(a || $1) FROM b ORDER BY lower(a || $2)",
    "SELECT DISTINCT lower(a || $1) FROM b ORDER BY lower(a || $1)",
  ],
  [
    "SELECT DISTINCT ON (a % $1) a FROM b ORDER BY a % $2, c % $3",
    "SELECT DISTINCT ON (a % $1) a FROM b ORDER BY a % $1, c % $2",
  ],
  [
    "SELECT date_trunc($1, at), extract($2 FROM at) FROM b WHERE at > $3 GROUP BY date_trunc('day', at), extract(year FROM at) ORDER BY extract(year FROM at)",
    "SELECT date_trunc('day', at), extract(year FROM at) FROM b WHERE at > $1 GROUP BY date_trunc('day', at), extract(year FROM at) ORDER BY extract(year FROM at)",
  ],
  [
    "SELECT DISTINCT ON (a % 10) a FROM b WHERE c = $1 ORDER BY a % $2, a + -5, a + $3",
    "SELECT DISTINCT ON (a % 10) a FROM b WHERE c = $1 ORDER BY a % 10, a + -5, a + $2",
  ],
  [
    "SELECT coalesce(a, $1), extract($2 FROM b) FROM c GROUP BY 1, 2 ORDER BY 1",
    'SELECT coalesce(a, $1), pg_catalog."extract"($2::text, b) FROM c GROUP BY 1, 2 ORDER BY 1',
  ],
  ["SELECT a + $1 FROM b GROUP BY a + -5", "SELECT a + -5 FROM b GROUP BY a + -5"],
  ["SELECT a /* one; two */ FROM b -- three;\n; ", "SELECT a   FROM b  \n  "],
])("makes of %j what can be prepared", async (text, repaired) => {
  expect(await repairStatement(text)).toEqual({ kind: "select", text: repaired });
});

it("says of what is no single statement that it is none", async () => {
  expect(await repairStatement("SELECT 1; SELECT 2")).toMatchObject({ kind: "not one statement" });
  expect(await repairStatement("SELECT a FROM b WHERE c IN ($1, $2, $")).toMatchObject({
    kind: "no statement",
  });
  expect(await repairStatement("VACUUM a; ")).toEqual({ kind: "other", text: "VACUUM a; " });
});
