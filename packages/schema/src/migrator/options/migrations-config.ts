import { z } from "zod";

const aFolder = "the path of a folder";
const aTable = "a table name such as schema_migrations or app.migrations";

/** The configuration of the migrator, for applications that compose their own of the packages'. */
export const migrationsConfig = z.strictObject({
  folder: z
    .string(aFolder)
    .min(1, aFolder)
    .optional()
    .describe(
      "The folder of the migration files, relative to the working directory. Default: Mister Smith's own.",
    ),
  table: z
    .string(aTable)
    .regex(/^([^.\s"']+\.)?[^.\s"']+$/, aTable)
    .default("schema_migrations")
    .describe("The table that records what was applied; another than ours for migrations of your own."),
  statementLockTimeoutMs: milliseconds(3_600_000)
    .default(500)
    .describe(
      "How long a statement of a migration may wait for a lock before it is tried again, in milliseconds. " +
        "The application never waits longer behind it. 0 waits for ever.",
    ),
  runnerLockTimeoutMs: milliseconds(86_400_000)
    .default(600_000)
    .describe("How long to wait for another runner of the same table, in milliseconds."),
});

function milliseconds(most: number) {
  const allowed = `a whole number from 0 to ${most}`;
  return z.int(allowed).min(0, allowed).max(most, allowed);
}
