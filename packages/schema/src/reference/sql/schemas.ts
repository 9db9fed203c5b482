import { createSqlTag } from "@slonik/sql-tag";
import { z } from "zod";
import { ourSchema } from "./our-objects.ts";

const sql = createSqlTag();

const schemaRow = z.object({ name: z.string(), comment: z.string().nullable(), rights: z.array(z.string()) });

/** A schema, and who may use it. */
export type SchemaEntry = z.output<typeof schemaRow>;

/** Our schemas by name. */
export const selectSchemas = sql.type(schemaRow)`
  SELECT
    n.nspname AS name,
    obj_description(n.oid, 'pg_namespace') AS comment,
    ARRAY(
      SELECT r.rolname::TEXT
      FROM aclexplode(n.nspacl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
      WHERE a.grantee <> n.nspowner AND a.privilege_type = 'USAGE'
      ORDER BY 1
    ) AS rights
  FROM pg_namespace AS n
  WHERE ${ourSchema} AND n.nspname <> 'public'
  ORDER BY n.nspname`;
