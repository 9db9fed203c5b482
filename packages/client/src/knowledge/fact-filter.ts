import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { sql } from "../statement/sql.ts";
import type { SqlList } from "../statement/sql-tag.ts";
import { textInput } from "../text/text-input.ts";
import { type ValidAt, validAt, whereValid } from "./valid-at.ts";

/** Which facts are meant: those that meet every condition that is given. */
export interface FactFilter {
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly predicate?: string | undefined;
  readonly objectType?: string | undefined;
  /** The agent that found it out. */
  readonly sourceAgentId?: string | undefined;
  /** From 0 to 1. Facts without a confidence are not found then. */
  readonly minimumConfidence?: number | undefined;
  /** JSON that the value contains, as `@>` has it: `{ tags: ["a"] }` is contained in `{ tags: ["b", "a"], n: 1 }`. */
  readonly containing?: JsonInput | undefined;
  /** Default: those valid now. */
  readonly validAt?: ValidAt | undefined;
}

export const factFilter = {
  entityType: textInput().optional(),
  entityId: textInput().optional(),
  predicate: textInput().optional(),
  objectType: textInput().optional(),
  sourceAgentId: z.guid().optional(),
  minimumConfidence: z.number().min(0).max(1).optional(),
  containing: z.unknown().optional(),
  validAt,
};

/** The conditions of a filter on `knowledge.facts AS f`, joined with AND. */
export function whereFacts(filter: z.output<z.ZodObject<typeof factFilter>>): SqlList {
  const { entityType, entityId, predicate, objectType, sourceAgentId, minimumConfidence, containing } =
    filter;
  const conditions = [
    entityType === undefined ? null : sql.fragment`f.entity_type = ${entityType}`,
    entityId === undefined ? null : sql.fragment`f.entity_id = ${entityId}`,
    predicate === undefined ? null : sql.fragment`f.predicate = ${predicate}`,
    objectType === undefined ? null : sql.fragment`f.object_type = ${objectType}`,
    sourceAgentId === undefined ? null : sql.fragment`f.source_agent_id = ${sourceAgentId}`,
    minimumConfidence === undefined ? null : sql.fragment`f.confidence_score >= ${minimumConfidence}`,
    containing === undefined
      ? null
      : sql.fragment`f.object_value @> ${jsonText(containing, "containing")}::JSONB`,
    whereValid(filter.validAt),
  ].filter((condition) => condition !== null);
  return sql.join(conditions, sql.fragment` AND `);
}
