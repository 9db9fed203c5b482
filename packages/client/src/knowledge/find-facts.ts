import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type FactFilter, factFilter, whereFacts } from "./fact-filter.ts";
import {
  type FactPage,
  type FactPageInput,
  pageInput,
  pageOf,
  placedColumns,
  placedFact,
  whereAfter,
} from "./fact-page.ts";

/** Which facts to find, and which page of them. */
export interface FindFacts extends FactFilter, FactPageInput {}

const findInput = z.strictObject({ ...factFilter, ...pageInput });

/** Finds facts, what was written down last first. */
export async function findFacts(on: Executor, input?: FindFacts, options?: QueryOptions): Promise<FactPage> {
  const { limit, cursor, ...filter } = parseInput(findInput, input ?? {}, "the filter of facts");
  const rows = await on.read.any(
    sql.type(placedFact)`
      SELECT ${placedColumns}
      FROM knowledge.facts AS f
      WHERE ${whereFacts(filter)} AND ${whereAfter(cursor, "newest first")}
      ORDER BY f.created_at DESC, f.fact_id DESC
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(rows, limit);
}
