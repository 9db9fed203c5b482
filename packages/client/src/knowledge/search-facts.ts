import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { anyText } from "../text/text-input.ts";
import { type Fact, facts } from "./fact.ts";
import { type FactFilter, factFilter, whereFacts } from "./fact-filter.ts";
import { type HeadlineMarks, headlineOptions, markHeadline } from "./headline.ts";

/** What to search for in the texts of facts. */
export interface SearchFacts extends Omit<FactFilter, "objectType"> {
  /**
   * As one writes for a search engine: words that must all be there, "words in this order", or, -without. Never
   * refused; what makes no sense finds nothing. The first 10,000 characters count.
   */
  readonly query: string;
  /** How many at most, from 1 to 1,000. Default: 20. */
  readonly limit?: number | undefined;
  /** Whether to cut the places out of the texts that match, and how to mark the words there. Default: false. */
  readonly headline?: boolean | HeadlineMarks | undefined;
}

/** A fact whose text matches. */
export interface FoundFact extends Fact {
  /** How well it matches: the nearer the words stand and the more often, the higher. For comparison only. */
  readonly rank: number;
  /** The places that match; null unless asked for. The text is not made safe for HTML. */
  readonly headline: string | null;
}

const { objectType: _, ...filterOfTexts } = factFilter;
const searchInput = z.strictObject({
  ...filterOfTexts,
  // What somebody typed: it never refuses, and at worst finds nothing.
  query: z.string(),
  limit: z.int().min(1).max(1_000).default(20),
  headline: z.union([z.boolean(), z.strictObject({ before: anyText, after: anyText })]).default(false),
});

const found = facts.row.extend({ rank: z.number(), headline: z.string().nullable() });

// The expression of the index; with another, each text would be read.
const words = sql.fragment`to_tsvector('english', left(f.object_value ->> 'text_content', 200000))`;

/** Searches the texts of facts, the best match first. */
export async function searchFacts(
  on: Executor,
  input: SearchFacts,
  options?: QueryOptions,
): Promise<readonly FoundFact[]> {
  const { query, limit, headline, ...filter } = parseInput(searchInput, input, "the search");
  const wanted = sql.fragment`websearch_to_tsquery('english', ${storable(query)})`;
  const rows = await on.read.any(
    sql.type(found)`
      SELECT
        ${facts.columns("f")},
        f.rank::DOUBLE PRECISION AS "rank",
        CASE WHEN ${headline !== false} THEN ts_headline(
          'english', left(f.object_value ->> 'text_content', 200000), ${wanted}, ${headlineOptions}
        ) END AS "headline"
      FROM (
        SELECT f.*, ts_rank_cd(${words}, ${wanted}) AS rank
        FROM knowledge.facts AS f
        WHERE f.object_type = 'text' AND ${words} @@ ${wanted} AND ${whereFacts(filter)}
        ORDER BY rank DESC, f.created_at DESC, f.fact_id
        LIMIT ${limit}
      ) AS f
      ORDER BY f.rank DESC, f.created_at DESC, f.fact_id
    `,
    options,
  );
  return rows.map((row) => ({ ...row, headline: markHeadline(row.headline, headline) }));
}

// A tsquery takes so many lexemes and no more, and U+0000 cannot be sent; it matches nothing.
function storable(query: string): string {
  return query.slice(0, 10_000).replaceAll("\0", " ").toWellFormed().replaceAll(manyMinuses, "-");
}

/**
 * Several minuses before a word say no more than one, but some thirty in a row overflow a stack of PostgreSQL's parser,
 * which is an error. Within a word they stay: `a--b` is not `a-b`.
 */
const manyMinuses = /(?<![\p{L}\p{N}])-(?:[^\p{L}\p{N}"]*-)+/gu;
