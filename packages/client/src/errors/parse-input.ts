import { z } from "zod";
import { ClientError } from "./client-error.ts";

/**
 * Checks what a caller gave.
 *
 * @param what what it is, as in "the options of the pool"
 * @throws ClientError `INVALID_INPUT` with the path, what was given and what is allowed
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new ClientError("INVALID_INPUT", `${what}: ${z.prettifyError(parsed.error)}`, {
    details: { issues: parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message })) },
  });
}
