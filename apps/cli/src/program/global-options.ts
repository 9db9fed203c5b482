import type { OptionSpec } from "../command/command.ts";

/** Options that every command takes, before or after its name; all but `--version`, which stands alone. */
export const globalOptions: readonly OptionSpec[] = [
  {
    flags: "--json",
    description: "print one JSON document on stdout, the result or an error, and nothing else there",
  },
  {
    flags: "--config <file>",
    description:
      "read this configuration file instead of smith.config.{json,yaml,ts} in the working directory",
    complete: "file",
  },
  {
    flags: "--database-url <url>",
    description:
      "PostgreSQL to work against; better given as SMITH_DATABASE_URL, where `ps` does not show it",
  },
  { flags: "--nats-url <url>", description: "NATS to work against; or SMITH_NATS_URL" },
  { flags: "--color", description: "colours even where stdout is no terminal" },
  { flags: "--no-color", description: "no colours; NO_COLOR=1 does the same" },
  { flags: "-h, --help", description: "what a command is for, with examples" },
  { flags: "-V, --version", description: "the version of smith; alone, without a command" },
];

/** The values of the global options as they were given; a missing one was not given. */
export interface GlobalValues {
  readonly json?: boolean;
  readonly config?: string;
  readonly databaseUrl?: string;
  readonly natsUrl?: string;
  readonly color?: boolean;
  readonly version?: boolean;
}
