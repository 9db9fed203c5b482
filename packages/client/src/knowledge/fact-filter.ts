import type { JsonValue } from "@mister-smith/schema";
import type { ListSqlToken } from "@slonik/sql-tag";
import { z } from "zod";
import { sql } from "../statement/sql.ts";
import { jsonInput } from "./json-input.ts";
import { textInput } from "./text-input.ts";
import { type ValidAt, validAt, whereValid } from "./valid-at.ts";

/** Which facts are meant: those that meet every condition that is given. */
export interface FactFilter {
  readonly entityType?: string;
  readonly entityId?: string;
  readonly predicate?: string;
  readonly objectType?: string;
  /** The agent that found it out. */
  readonly sourceAgentId?: string;
  /** From 0 to 1. Facts without a confidence are not found then. */
  readonly minimumConfidence?: number;
  /** JSON that the value contains, as `@>` has it: `{ tags: ["a"] }` is contained in `{ tags: ["b", "a"], n: 1 }`. */
  readonly containing?: JsonValue;
  /** Default: those valid now. */
  readonly validAt?: ValidAt;
}

export const factFilter = {
  entityType: textInput().optional(),
  entityId: textInput().optional(),
  predicate: textInput().optional(),
  objectType: textInput().optional(),
  sourceAgentId: z.guid().optional(),
  minimumConfidence: z.number().min(0).max(1).optional(),
  containing: jsonInput.optional(),
  validAt,
};

/** The conditions of a filter on `knowledge.facts AS f`, joined with AND. */
export function whereFacts(filter: z.output<z.ZodObject<typeof factFilter>>): ListSqlToken {
  const { entityType, entityId, predicate, objectType, sourceAgentId, minimumConfidence, containing } =
    filter;
  const conditions = [
    entityType === undefined ? null : sql.fragment`f.entity_type = ${entityType}`,
    entityId === undefined ? null : sql.fragment`f.entity_id = ${entityId}`,
    predicate === undefined ? null : sql.fragment`f.predicate = ${predicate}`,
    objectType === undefined ? null : sql.fragment`f.object_type = ${objectType}`,
    sourceAgentId === undefined ? null : sql.fragment`f.source_agent_id = ${sourceAgentId}`,
    minimumConfidence === undefined ? null : sql.fragment`f.confidence_score >= ${minimumConfidence}`,
    containing === undefined ? null : sql.fragment`f.object_value @> ${JSON.stringify(containing)}::JSONB`,
    whereValid(filter.validAt),
  ].filter((condition) => condition !== null);
  return sql.join(conditions, sql.fragment` AND `);
}
