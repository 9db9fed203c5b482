import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** How the tool reaches PostgreSQL. */
export const databaseConfig = z.strictObject({
  url: z
    .url({ protocol: /^postgres(ql)?$/, error: "a URL such as postgres://user@host:5432/database" })
    .optional()
    .meta({ variables: ["SMITH_DATABASE_URL", "DATABASE_URL"], flag: "databaseUrl", secret: true })
    .describe("PostgreSQL to work against. Default: the embedded one when it runs."),
  connectTimeoutMs: wholeNumber(100, 600_000)
    .default(5000)
    .describe("How long a connection may take to open, in milliseconds."),
  statementTimeoutMs: wholeNumber(0, 86_400_000)
    .default(60_000)
    .describe("How long one statement of the tool may run, in milliseconds; 0 is without limit."),
});
