import { sql } from "@mister-smith/client";
import { z } from "zod";

const optionalIndex = z.object({
  index: z.string(),
  table: z.string(),
  definition: z.string(),
  purpose: z.string(),
  partitions: z.int(),
  built_partitions: z.int(),
  state: z.enum(["present", "absent", "partial"]),
});

/** An index that can be asked for, and how far it is built. */
export type OptionalIndex = z.output<typeof optionalIndex>;

/** Every index that can be asked for. */
export const selectOptionalIndexes = sql.type(optionalIndex)`
  SELECT
    index_name AS index,
    format('%I.%I', schema_name, table_name) AS table,
    definition,
    purpose,
    partitions,
    built_partitions,
    state
  FROM partitions.optional_indexes
  ORDER BY index_name
`;

const planStep = z.object({ step: z.int(), statement: z.string() });

/** The statements that create or drop an index from where the database stands now, in their order. */
export function selectIndexPlan(index: string, enable: boolean) {
  return sql.type(planStep)`
    SELECT step, statement FROM partitions.optional_index_plan(${index}, ${enable}) ORDER BY step
  `;
}
