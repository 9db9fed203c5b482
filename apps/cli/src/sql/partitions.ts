import { sql } from "@mister-smith/client";
import { z } from "zod";

const bytes = z.coerce.number().int();

const partition = z.object({
  parent: z.string(),
  partition: z.string(),
  strategy: z.enum(["range", "list", "hash"]),
  is_default: z.boolean(),
  bounds: z.string(),
  size_bytes: bytes,
  row_estimate: z.coerce.number().int().nullable(),
});

/** A partition, as `partitions.list` shows it. */
export type Partition = z.output<typeof partition>;

/** Every partition, or those of one table as `schema.table`, in the order of their bounds. */
export function selectPartitions(table: string | undefined) {
  return sql.type(partition)`
    SELECT
      format('%I.%I', parent_schema, parent_table) AS parent,
      format('%I.%I', partition_schema, partition_name) AS partition,
      strategy,
      is_default,
      bounds,
      size_bytes,
      row_estimate
    FROM partitions.list
    WHERE ${table ?? null}::TEXT IS NULL OR format('%I.%I', parent_schema, parent_table) = ${table ?? null}::TEXT
    ORDER BY parent_schema, parent_table, is_default, lower_bound, partition_name
  `;
}

const managedTable = z.object({
  table_name: z.string(),
  retain_days: z.int().nullable(),
  future_days: z.int(),
});

/** A table whose partitions are looked after, and how. */
export type ManagedTable = z.output<typeof managedTable>;

/** The tables whose partitions are looked after. */
export const selectManagedTables = sql.type(managedTable)`
  SELECT format('%I.%I', schema_name, table_name) AS table_name, retain_days, future_days
  FROM partitions.settings
  ORDER BY schema_name, table_name
`;

const maintained = z.object({
  created: z.int(),
  moved_rows: bytes,
  dropped: z.int(),
  purged_rows: bytes,
  default_rows: bytes,
});

/** What the upkeep did to one table. */
export type Maintained = z.output<typeof maintained>;

/** Looks after a table by its own settings; roles with nothing but the right to `maintain` can. */
export function maintainTable({ table_name }: ManagedTable) {
  return sql.type(maintained)`
    SELECT created, moved_rows, dropped, purged_rows, default_rows
    FROM partitions.maintain(${table_name}::REGCLASS)
  `;
}

/** Looks after a table with another retention than that of its settings; needs the owner's rights. */
export function maintainTableRetaining({ table_name, future_days }: ManagedTable, retainDays: number) {
  return sql.type(maintained)`
    SELECT created, moved_rows, dropped, purged_rows, default_rows
    FROM partitions.manage(${table_name}::REGCLASS, ${retainDays}, ${future_days})
  `;
}
