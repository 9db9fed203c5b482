import { z } from "zod";
import { jsonObject } from "../json-value.ts";
import { isStorable } from "../storable-text.ts";

/**
 * A name that goes into a column of limited length as it is: not empty, and without the characters that
 * PostgreSQL cannot hold.
 *
 * @param maxCharacters what the column holds, in Unicode characters
 */
export function name(maxCharacters: number) {
  return z
    .string()
    .min(1, "must not be empty")
    .refine(
      (text) => [...text].length <= maxCharacters,
      `must not be longer than ${maxCharacters} characters`,
    )
    .refine(isStorable, "must not contain U+0000, U+241B or half a surrogate pair");
}

/** A moment, as ISO 8601 with its offset: `2026-03-02T09:00:00Z`. */
export const moment = z.iso.datetime({ offset: true, error: "must be a time such as 2026-03-02T09:00:00Z" });

/** How a task or a step ended. */
export const ending = z.enum(["completed", "failed", "cancelled"]);

/** A count that fits PostgreSQL's `bigint` and JavaScript's numbers. */
export const count = z.int().nonnegative();

/** The key of the state that a replay writes itself: which step the agent took last. */
export const progressKey = "run.progress";

/** The key of a state value. */
export const stateKey = name(255).refine(
  (key) => key !== progressKey,
  `${progressKey} is written by the replay itself`,
);

/** Several values of an agent's state, by their keys. */
export const stateValues = jsonObject.superRefine((values, context) => {
  for (const key of Object.keys(values)) {
    const { error } = stateKey.safeParse(key);
    if (error !== undefined)
      context.addIssue(`key ${JSON.stringify(key)} ${error.issues[0]?.message ?? "is not valid"}`);
  }
});
