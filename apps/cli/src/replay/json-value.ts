import { z } from "zod";

/** Any value that JSON can hold. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Whether a value that came out of a JSON parser is an object: neither an array nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Takes a value that came out of a JSON parser as it is. Not `z.json()`: that would copy the value, and lose a
 * key named `__proto__` on the way.
 */
export const jsonValue: z.ZodType<JsonValue> = z.custom<JsonValue>(
  (value) => value !== undefined,
  "a value is missing",
);

/** The same for an object. */
export const jsonObject: z.ZodType<JsonObject> = z.custom<JsonObject>(isJsonObject, "must be a JSON object");
