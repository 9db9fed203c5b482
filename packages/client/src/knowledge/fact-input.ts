import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { textInput } from "../text/text-input.ts";
import { anyTime } from "../time/time-input.ts";

/** What a fact is about. */
export interface FactSubject {
  /** What kind of thing it is about; at most 100 characters. */
  readonly entityType: string;
  /** Which thing it is about; at most 255 characters. */
  readonly entityId: string;
  /** What is said about it; at most 255 characters. */
  readonly predicate: string;
}

/** What a fact says, on whose word, and for which time. */
export interface FactContent {
  /** The value that is said; any JSON. Text that shall be searched is `{ text_content: "…" }`. */
  readonly objectValue: JsonInput;
  /**
   * What kind of value it is; at most 50 characters. Default: `text` for an object with the string `text_content`,
   * else the JSON type. A fact of the type `text` must have `text_content`, or no search would find it.
   */
  readonly objectType?: string | undefined;
  /** The agent that found it out. */
  readonly sourceAgentId?: string | null | undefined;
  /** How sure it is, from 0 to 1. Two decimals are kept: 0.876 is stored as 0.88, 0.999 as 1. */
  readonly confidenceScore?: number | null | undefined;
  /** What it rests on; any JSON. Default: `{}`. */
  readonly evidence?: JsonInput | undefined;
  /** From when on it is true, from 4713 BC to 275760, as for all times of facts. Default: the database's clock now. */
  readonly validFrom?: Date | undefined;
  /** Until when it is true, that moment excluded. Default: for as far as is known. */
  readonly validUntil?: Date | null | undefined;
}

/** A fact to write down. */
export interface NewFact extends FactSubject, FactContent {}

export const factSubject = {
  entityType: textInput(100),
  entityId: textInput(255),
  predicate: textInput(255),
};

const content = {
  objectValue: z.unknown().optional(),
  objectType: textInput(50).optional(),
  sourceAgentId: z.guid().nullish(),
  confidenceScore: z.number().min(0).max(1).nullish(),
  evidence: z.unknown().optional(),
  validFrom: anyTime.optional(),
  validUntil: anyTime.nullish(),
};

/** Checks what {@link FactContent} promises of one fact as a whole. */
function whole<Schema extends z.ZodType<z.output<z.ZodObject<typeof content>>>>(schema: Schema) {
  return (
    schema
      .refine(({ objectValue, objectType }) => objectType !== "text" || hasText(objectValue), {
        path: ["objectValue"],
        message: "a fact of the type text needs an object with the string text_content",
      })
      // Where it begins now, the server's clock decides.
      .refine(
        ({ validFrom, validUntil }) =>
          validUntil == null || validFrom === undefined || validUntil > validFrom,
        {
          path: ["validUntil"],
          message: "not after the beginning",
        },
      )
  );
}

export const factContent = whole(z.strictObject(content));
export const newFact = whole(z.strictObject({ ...factSubject, ...content }));
export const newFacts = z.array(newFact);

/**
 * The content as the statements take it: JSON as text, moments as seconds since 1970.
 *
 * @param what what it is, for the refusal of a value that is not JSON
 */
export function contentRow(fact: z.output<typeof factContent>, what: string) {
  return {
    object_value: jsonText(fact.objectValue, `${what}: objectValue`),
    object_type: fact.objectType ?? typeOf(fact.objectValue),
    source_agent_id: fact.sourceAgentId ?? null,
    confidence_score: fact.confidenceScore ?? null,
    evidence: fact.evidence === undefined ? "{}" : jsonText(fact.evidence, `${what}: evidence`),
    valid_from: secondsOf(fact.validFrom),
    valid_until: secondsOf(fact.validUntil),
  };
}

function typeOf(value: unknown): string {
  if (hasText(value)) return "text";
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function hasText(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "text_content" in value &&
    typeof value.text_content === "string"
  );
}

function secondsOf(moment: Date | null | undefined): number | null {
  return moment == null ? null : moment.getTime() / 1_000;
}
