import { z } from "zod";
import { command, literalText, sql } from "../../sql/slonik.ts";

/** A qualified name as the catalogue quotes it, taken apart; identifiers go through the tag again. */
const identifier = (table: string) => sql.identifier([...splitQualified(table)]);

/** Splits `a."b.c"` into its words. */
export function splitQualified(name: string): readonly string[] {
  return [...name.matchAll(/"((?:[^"]|"")+)"|([^."]+)/g)].map(
    (match) => match[1]?.replaceAll('""', '"') ?? match[2] ?? "",
  );
}

/** Puts one row in, as a text with savepoint and all, so that a try costs one round trip. */
export const insertRow = (table: string, row: ReadonlyMap<string, string | null>) => {
  const columns = [...row.keys()].map((column) => sql.identifier([column]));
  // An untyped literal takes its column's type on the server.
  const values = [...row.values()].map((value) =>
    value === null ? sql.fragment`NULL` : sql.fragment`${sql.literalValue(value)}`,
  );
  const what =
    row.size === 0
      ? sql.fragment`DEFAULT VALUES`
      : sql.fragment`(${sql.join(columns, sql.fragment`, `)}) VALUES (${sql.join(values, sql.fragment`, `)})`;
  return literalText(command`
    SAVEPOINT smith_row; INSERT INTO ${identifier(table)} ${what}; RELEASE SAVEPOINT smith_row
  `);
};

/** Keys that a foreign key can point at, newest last. */
export const selectKeys = (table: string, columns: readonly string[]) => sql.type(
  z.object({ key: z.array(z.string()) }),
)`
  SELECT ARRAY[${sql.join(
    columns.map((column) => sql.fragment`${sql.identifier([column])}::text`),
    sql.fragment`, `,
  )}] AS key
  FROM ${identifier(table)}
  WHERE ${sql.join(
    columns.map((column) => sql.fragment`${sql.identifier([column])} IS NOT NULL`),
    sql.fragment` AND `,
  )}
  LIMIT 8
`;

/** How many rows a table holds. */
export const countTableRows = (table: string) =>
  sql.type(z.object({ rows: z.coerce.number() }))`SELECT count(*) AS rows FROM ${identifier(table)}`;

/** Tables that hold rows themselves (partitions and plain tables) with the table at the root of their tree. */
export const selectLeaves = sql.type(z.object({ leaf: z.string(), root: z.string() }))`
  SELECT format('%I.%I', n.nspname, c.relname) AS leaf,
    CASE WHEN c.relispartition
      THEN (SELECT format('%I.%I', rn.nspname, r.relname) FROM pg_class AS r
            JOIN pg_namespace AS rn ON rn.oid = r.relnamespace WHERE r.oid = pg_partition_root(c.oid))
      ELSE format('%I.%I', n.nspname, c.relname)
    END AS root
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  ORDER BY 1
`;
