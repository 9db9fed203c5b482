import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";
import { notOfAnExtension, ourSchema } from "./our-objects.ts";

const sql = createSqlTag();

const typeRow = z.object({
  name: z.string(),
  comment: z.string().nullable(),
  base: z.string().nullable(),
  labels: z.array(z.string()),
});

/** An enum with its labels, or a domain with the type it stands on. */
export type TypeEntry = z.output<typeof typeRow>;

/** Our enums and domains by name. */
export const selectTypes = sql.type(typeRow)`
  SELECT
    format('%I.%I', n.nspname, t.typname) AS name,
    obj_description(t.oid, 'pg_type') AS comment,
    CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END AS base,
    ARRAY(SELECT e.enumlabel::TEXT FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels
  FROM pg_type AS t
  JOIN pg_namespace AS n ON n.oid = t.typnamespace
  WHERE t.typtype IN ('d', 'e') AND ${ourSchema} AND ${notOfAnExtension(sql.identifier(["t", "oid"]))}
  ORDER BY t.typtype, n.nspname, t.typname`;
