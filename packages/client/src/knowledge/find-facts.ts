import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import type { Queryable } from "../queryable/queryable.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { type Fact, facts } from "./fact.ts";
import { type FactFilter, factFilter, whereFacts } from "./fact-filter.ts";

/** Which facts to find, and which part of them. */
export interface FindFacts extends FactFilter, PageOptions {}

const findInput = z.strictObject({ ...factFilter, ...pageOptions });
const newestFirst: CursorKind<TimePosition> = { list: "facts", position: timePosition };
const placed = facts.row.extend({ writtenAt: z.string() });

/** Finds facts, what was written down last first. */
export async function findFacts(
  on: Executor,
  input?: FindFacts,
  options?: QueryOptions,
): Promise<Page<Fact>> {
  const { limit, cursor, ...filter } = parseInput(findInput, input ?? {}, "the filter of facts");
  return await pageOfFacts(on.read, sql.fragment`${whereFacts(filter)}`, { limit, cursor }, options);
}

/** A page of the facts that meet a condition on `knowledge.facts AS f`. */
export async function pageOfFacts(
  on: Queryable,
  where: SqlFragment,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | null | undefined },
  options?: QueryOptions,
): Promise<Page<Fact>> {
  const after = readCursor(newestFirst, cursor);
  const rows = await on.any(
    sql.type(placed)`
      SELECT ${facts.columns("f")}, ${exactTime(sql.fragment`f.created_at`)} AS "writtenAt"
      FROM knowledge.facts AS f
      WHERE ${where} AND ${olderThan(after, sql.fragment`f.created_at`, sql.fragment`f.fact_id`)}
      ORDER BY f.created_at DESC, f.fact_id DESC
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    newestFirst,
    rows,
    limit,
    ({ writtenAt, factId }) => [writtenAt, factId],
    ({ writtenAt: _, ...fact }) => fact,
  );
}
