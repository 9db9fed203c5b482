import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { mergeSteps } from "./merge-steps.ts";

/**
 * The value that a merge patch makes of another, computed by the server in the statement that writes it: no write in
 * between can be lost, and a number of many digits that the patch does not touch is not rounded on a way to here and
 * back.
 */
export function patchedValue(patch: JsonInput, what: string): (value: SqlFragment) => SqlFragment {
  const text = jsonText(patch, what);
  const steps = mergeSteps(patch);
  if (steps === null) return () => sql.fragment`${text}::JSONB`;
  const records = JSON.stringify(steps.map((step, index) => ({ step: index + 1, ...step })));
  return (value) => sql.fragment`(
    WITH RECURSIVE merge_step AS (
      SELECT m.* FROM pg_catalog.jsonb_to_recordset(${records}::JSONB)
        AS m (step INTEGER, path TEXT[], sets JSONB, removes TEXT[])
    ),
    merged (step, value) AS (
      SELECT 0, ${value}
      UNION ALL
      SELECT p.step, CASE WHEN p.path = '{}' THEN o.object ELSE pg_catalog.jsonb_set(v.value, p.path, o.object) END
      FROM merged AS v
      JOIN merge_step AS p ON p.step = v.step + 1
      CROSS JOIN LATERAL (
        SELECT (
          CASE WHEN pg_catalog.jsonb_typeof(v.value #> p.path) = 'object' THEN v.value #> p.path ELSE '{}' END
          || p.sets
        ) - p.removes AS object
      ) AS o
    )
    SELECT m.value FROM merged AS m ORDER BY m.step DESC LIMIT 1
  )`;
}
