import type { JsonInput } from "@mister-smith/client";
import { z } from "zod";

/** JSON on the command line. */
export const jsonInput = z.string().transform((text, context): JsonInput => {
  try {
    const value: JsonInput = JSON.parse(text);
    return value;
  } catch (error) {
    context.issues.push({
      code: "custom",
      message: `expected JSON, such as '{"n": 1}' within quotes of the shell: ${error instanceof Error ? error.message : String(error)}`,
      input: text,
    });
    return null;
  }
});
