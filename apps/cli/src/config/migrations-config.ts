import { z } from "zod";

/** Which migrations are run, and where it is written down that they were. */
export const migrationsConfig = z.strictObject({
  folder: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The folder of the migration files, relative to the working directory. Default: Mister Smith's own.",
    ),
  table: z
    .string()
    .regex(
      /^([a-z_][a-z0-9_]*\.)?[a-z_][a-z0-9_]*$/,
      "a table name such as schema_migrations or app.migrations",
    )
    .default("schema_migrations")
    .describe("The table that records what was applied; another than ours for migrations of your own."),
});
