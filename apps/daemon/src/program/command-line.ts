import { parseArgs } from "node:util";
import { SmithError } from "@mister-smith/errors";

/** What the command line of `smithd` says. */
export interface CommandLine {
  readonly help: boolean;
  readonly version: boolean;
  readonly config: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly natsUrl: string | undefined;
}

/** What `smithd --help` prints. */
export const usage = `smithd keeps PostgreSQL and JetStream in step: it brings state from the bucket to the tables, events from
the tables to the streams, brings back what was lost, and does the upkeep. Any number may run on one database: of each
role one leads, and the others are warm.

usage: smithd [--config FILE] [--database-url URL] [--nats-url URL]

  --config FILE        read this configuration file instead of smith.config.{json,yaml,ts} here
  --database-url URL   PostgreSQL; better given as SMITH_DATABASE_URL, where \`ps\` does not show it
  --nats-url URL       NATS; or SMITH_NATS_URL
  -h, --help           this text
  -V, --version        the version

Settings are those of \`smith config\`; the daemon's own begin with \`daemon.\` and \`sync.\`. It logs one JSON object a line,
serves its page, /healthz, /readyz and /metrics on daemon.host and daemon.port, and drains on SIGTERM and SIGINT.
On any but a loopback address it asks for the token of SMITH_DAEMON_TOKEN.
Exit codes: 0 drained, 1 it could not start or drain, 2 the command line or the configuration is wrong.
`;

/**
 * Reads the command line.
 *
 * @throws SmithError `USAGE` for what it does not know
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: "string" },
        "database-url": { type: "string" },
        "nats-url": { type: "string" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "V" },
      },
    });
    return {
      help: values.help === true,
      version: values.version === true,
      config: values.config,
      databaseUrl: values["database-url"],
      natsUrl: values["nats-url"],
    };
  } catch (error) {
    const message = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new SmithError("USAGE", `${message}`, {
      cause: error,
      hint: "`smithd --help` shows what it takes.",
    });
  }
}
