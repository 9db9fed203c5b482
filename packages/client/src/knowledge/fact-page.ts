import { z } from "zod";
import { sql } from "../statement/sql.ts";
import { type Fact, facts } from "./fact.ts";
import { cursorOf, positionOf } from "./fact-cursor.ts";

/** Which part of a long list is wanted. */
export interface FactPageInput {
  /** How many at most, from 1 to 10,000. Default: 100. */
  readonly limit?: number;
  /** The `nextCursor` of the page before. Default: the first page. */
  readonly cursor?: string;
}

export const pageInput = {
  limit: z.int().min(1).max(10_000).default(100),
  cursor: z.string().optional(),
};

/** A part of a list of facts. */
export interface FactPage {
  readonly facts: readonly Fact[];
  /** For the page after this one; null when this is the last. */
  readonly nextCursor: string | null;
}

/** A fact with its place in the order of writing. */
export const placedFact = facts.row.extend({ writtenAt: z.string() });

/** The columns of {@link placedFact} of `knowledge.facts AS f`. */
export const placedColumns = sql.fragment`
  ${facts.columns("f")},
  to_char(f.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "writtenAt"
`;

/** The condition for what comes after a cursor in the order of (created_at, fact_id). */
export function whereAfter(cursor: string | undefined, order: "newest first" | "oldest first") {
  if (cursor === undefined) return sql.fragment`TRUE`;
  const { writtenAt, factId } = positionOf(cursor);
  const after = sql.fragment`(${writtenAt}::TIMESTAMPTZ, ${factId}::UUID)`;
  return order === "newest first"
    ? sql.fragment`(f.created_at, f.fact_id) < ${after}`
    : sql.fragment`(f.created_at, f.fact_id) > ${after}`;
}

/** Makes the page of rows that were asked for with a limit of one more. */
export function pageOf(rows: readonly z.output<typeof placedFact>[], limit: number): FactPage {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    facts: rows.slice(0, limit).map(({ writtenAt: _, ...fact }) => fact),
    nextCursor: last === undefined ? null : cursorOf(last),
  };
}
