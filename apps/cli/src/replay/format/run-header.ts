import { z } from "zod";
import { jsonObject } from "../json-value.ts";
import { moment, name } from "./field.ts";

/** What the first line of a recorded run says. */
export const runHeader = z.strictObject({
  format: z.literal("mister-smith/run"),
  /** Raised when a reader of the old version could misunderstand the new one. */
  version: z.literal(1),
  run: name(100),
  title: z.string().optional(),
  started_at: moment.optional(),
  source: jsonObject.optional(),
});

export type RunHeader = z.output<typeof runHeader>;
