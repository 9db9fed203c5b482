import { SmithError } from "@mister-smith/errors";
import { createSqlTag, type QuerySqlToken } from "@slonik/sql-tag";
import { z } from "zod";
import type { TrackingTable } from "../tracking/tracking-table.ts";

export type { QuerySqlToken } from "@slonik/sql-tag";

/** The tag that every query of the migrator is written with. */
export const sql: ReturnType<typeof createSqlTag> = createSqlTag();

/** The row type of a statement whose rows nobody reads. */
export const noRow = z.object({});

/** A statement without rows. */
export const command: ReturnType<typeof sql.type<typeof noRow>> = sql.type(noRow);

/** The tracking table as an identifier. */
export const trackingTable = ({ schema, name }: TrackingTable) => sql.identifier([schema, name]);

/** The history table as an identifier. */
export const historyTable = ({ schema, history }: TrackingTable) => sql.identifier([schema, history]);

/**
 * The text of a query that has all its values as quoted literals.
 *
 * Needed where several statements travel in one message: PostgreSQL takes parameters for single ones only.
 */
export function literalText(query: QuerySqlToken): string {
  if (query.values.length > 0)
    throw new SmithError("MIGRATOR_FAULT", "a query that is sent as text must not have parameters");
  return query.sql;
}
