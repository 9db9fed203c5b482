import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";
import { notOfAnExtension, ourSchema } from "./our-objects.ts";

const sql = createSqlTag();

const functionRow = z.object({
  schema: z.string(),
  name: z.string(),
  arguments: z.string(),
  returns: z.string(),
  comment: z.string().nullable(),
  as_owner: z.boolean(),
  settings: z.array(z.string()),
  body_digest: z.string(),
  rights: z.array(z.string()),
});

/** A function: how it is called, by whom, and a digest of its body that changes when the body does. */
export type FunctionEntry = z.output<typeof functionRow>;

/** Our functions by schema, name and arguments. */
export const selectFunctions = sql.type(functionRow)`
  SELECT
    n.nspname AS schema,
    p.proname AS name,
    pg_get_function_arguments(p.oid) AS arguments,
    pg_get_function_result(p.oid) AS returns,
    obj_description(p.oid, 'pg_proc') AS comment,
    p.prosecdef AS as_owner,
    COALESCE(p.proconfig, '{}') AS settings,
    encode(sha256(convert_to(COALESCE(pg_get_function_sqlbody(p.oid), p.prosrc), 'UTF8')), 'hex') AS body_digest,
    ARRAY(
      SELECT r.rolname::TEXT
      FROM aclexplode(p.proacl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
      WHERE a.grantee <> p.proowner
      ORDER BY 1
    ) AS rights
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  WHERE ${ourSchema} AND ${notOfAnExtension(sql.identifier(["p", "oid"]))}
  ORDER BY n.nspname, p.proname, 3`;
