import { z } from "zod";
import type { AskDatabase } from "../ask-in-turn.ts";
import { hasIndexRecommendations, selectIndexRecommendations } from "../sql/index-recommendations.ts";
import { shownText } from "./shown-text.ts";

/** The document `indexes`: which indexes are advised, and on what evidence. */
export const indexesDocument = z.strictObject({
  at: z.iso.datetime(),
  /** Null where the database keeps no advice. */
  advice: z
    .array(
      z.strictObject({
        id: z.string(),
        status: z.string(),
        table: z.string(),
        columns: z.array(z.string()),
        reason: z.string(),
        benefit: z.string(),
        createdAt: z.string(),
        /** The index as it would be made; null where that is not told. */
        definition: z.string().nullable(),
        /** Whether the planner was asked; null where that is not told. */
        isValidated: z.boolean().nullable(),
        /** What the statements cost without it and with it, in units of the planner. */
        costBefore: z.number().nullable(),
        costAfter: z.number().nullable(),
        sizeBytes: z.number().nullable(),
        /** What else is known of it: a name and a text. */
        evidence: z.array(z.strictObject({ name: z.string(), text: z.string() })),
      }),
    )
    .nullable(),
});

/** What the document `indexes` says. */
export type IndexesDocument = z.output<typeof indexesDocument>;

const shownAdvice = 50;
const text = z.string().catch("");
const number = z.number().nullable().catch(null);
const recommendation = z.looseObject({
  recommendation_id: text,
  schema_name: text,
  table_name: text,
  column_names: z.array(z.string()).catch([]),
  recommendation_reason: text,
  estimated_benefit: text,
  status: text,
  created_at: text,
  definition: z.string().nullable().catch(null),
  is_validated: z.boolean().nullable().catch(null),
  cost_before: number,
  cost_after: number,
  size_bytes: number,
});
const told: ReadonlySet<string> = new Set(Object.keys(recommendation.shape));

/**
 * Makes the document `indexes`.
 *
 * @throws what the database throws
 */
export async function indexesOf(ask: AskDatabase): Promise<IndexesDocument> {
  const rows = await ask(async (on) =>
    (await hasIndexRecommendations(on)) ? await selectIndexRecommendations(on, shownAdvice) : null,
  );
  return indexesDocument.parse({
    at: new Date().toISOString(),
    advice: rows?.map((row) => adviceOf(recommendation.parse(row))) ?? null,
  });
}

function adviceOf(row: z.output<typeof recommendation>) {
  const others = Object.entries(row).filter(([name, value]) => !told.has(name) && !isEmpty(value));
  return {
    id: row.recommendation_id,
    status: row.status,
    table: `${row.schema_name}.${row.table_name}`,
    columns: row.column_names,
    reason: row.recommendation_reason,
    benefit: row.estimated_benefit,
    createdAt: row.created_at,
    definition: row.definition,
    isValidated: row.is_validated,
    costBefore: row.cost_before,
    costAfter: row.cost_after,
    sizeBytes: row.size_bytes,
    evidence: others.map(([name, value]) => ({
      name: name.replaceAll("_", " "),
      text: shownText(typeof value === "string" ? value : JSON.stringify(value)),
    })),
  };
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
