import type { z } from "zod";
import { choice, nullable } from "./column.ts";
import { bool, int4, int8, text, timestamptz } from "./columns.ts";
import { defineRow } from "./define-row.ts";

/** The view `partitions.list`: every partition of every partitioned table, with its bounds and size. */
export const partitionsList = defineRow({
  parent_schema: text,
  parent_table: text,
  partition_schema: text,
  partition_name: text,
  strategy: choice(text, ["range", "list", "hash"]),
  is_default: bool,
  bounds: text,
  lower_bound: nullable(timestamptz),
  upper_bound: nullable(timestamptz),
  size_bytes: int8,
  row_estimate: nullable(int8),
});
/** Parses a row of `partitions.list`. */
export const partitionsListRow = partitionsList.row;
/** A row of `partitions.list`. */
export type PartitionsListRow = z.output<typeof partitionsListRow>;

/** The view `partitions.optional_indexes`: the indexes that can be asked for, and whether they are there. */
export const partitionsOptionalIndexes = defineRow({
  index_name: text,
  schema_name: text,
  table_name: text,
  definition: text,
  purpose: text,
  partitions: int4,
  built_partitions: int4,
  state: choice(text, ["absent", "partial", "present"]),
});
/** Parses a row of `partitions.optional_indexes`. */
export const partitionsOptionalIndexesRow = partitionsOptionalIndexes.row;
/** A row of `partitions.optional_indexes`. */
export type PartitionsOptionalIndexesRow = z.output<typeof partitionsOptionalIndexesRow>;

/** The table `partitions.settings`: the tables whose partitions are looked after, and how. */
export const partitionsSettings = defineRow({
  schema_name: text,
  table_name: text,
  retain_days: nullable(int4),
  future_days: int4,
});
/** Parses a row of `partitions.settings`. */
export const partitionsSettingsRow = partitionsSettings.row;
/** A row of `partitions.settings`. */
export type PartitionsSettingsRow = z.output<typeof partitionsSettingsRow>;
