import { z } from "zod";
import { wholeNumber } from "./whole-number.ts";

/** Which migrations are run, and where it is written down that they were. */
export const migrationsConfig = z.strictObject({
  folder: z
    .string("the path of a folder")
    .min(1, "the path of a folder")
    .optional()
    .describe(
      "The folder of the migration files, relative to the working directory. Default: Mister Smith's own.",
    ),
  table: z
    .string("a table name such as schema_migrations or app.migrations")
    .regex(/^([^.\s]+\.)?[^.\s]+$/, "a table name such as schema_migrations or app.migrations")
    .default("schema_migrations")
    .describe("The table that records what was applied; another than ours for migrations of your own."),
  statementLockTimeoutMs: wholeNumber(0, 3_600_000)
    .default(500)
    .describe(
      "How long a statement of a migration may wait for a lock before it is tried again, in milliseconds. " +
        "The application never waits longer behind it. 0 waits for ever.",
    ),
  runnerLockTimeoutMs: wholeNumber(0, 86_400_000)
    .default(600_000)
    .describe("How long to wait for another runner of the same table, in milliseconds."),
});
