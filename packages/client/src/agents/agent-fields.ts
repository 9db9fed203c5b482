import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";

/** Text of 1 to `length` characters, as PostgreSQL counts them and stores them. */
function text(length: number) {
  return z
    .string()
    .refine((value) => value !== "" && [...value].length <= length, {
      message: `must have 1 to ${length} characters`,
    })
    .refine((value) => value.isWellFormed() && !value.includes("\0"), {
      message: "holds U+0000 or half a surrogate pair, which PostgreSQL does not store",
    });
}

/** What kind of agent it is. */
export const agentType = text(50);
/** What people call it. */
export const agentName = text(255);
/** What happened, in the application's words. */
export const eventType = text(50);
/** JSON that is checked when it becomes text, once. */
export const json = z.custom<JsonInput>((value) => value !== undefined, "undefined is not JSON");

/**
 * An agent's metadata: an object. `created_at` (ISO 8601) and `version` are filled in where they are left out, since
 * the database insists on them.
 */
export const metadata = z
  .record(
    z.string(),
    z.custom<JsonInput>(() => true),
  )
  .superRefine((given, context) => {
    const { created_at: createdAt, version } = given;
    if (createdAt !== undefined && !(typeof createdAt === "string" && isoStart.test(createdAt)))
      context.addIssue({
        code: "custom",
        path: ["created_at"],
        message: "must be text that begins like 2026-01-31T12:00:00",
      });
    if (version === null)
      context.addIssue({ code: "custom", path: ["version"], message: "must not be null" });
  });

const isoStart = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}/;
