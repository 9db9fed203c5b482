import { readSystem } from "@mister-smith/embedded";
import { isSmithError } from "@mister-smith/errors";
import { type MigrationStatus, migrationStatus } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { migratorOptions } from "../migrate/migrator-options.ts";
import { statusLine } from "../migrate/status.ts";
import { hideSecrets } from "../output/hide-secrets.ts";
import { systemFolder } from "./system-folder.ts";
import { type SystemReport, serverLines, systemReport } from "./system-report.ts";

/** What `smith status` takes. */
export interface ShowInput {
  readonly folder?: string | undefined;
  readonly showSecrets: boolean;
}

/** Shows the embedded system, and in one line where its database stands. */
export async function show(context: Context, input: ShowInput): Promise<CommandResult> {
  using _ = context.progress("looking at the servers");
  const system = await readSystem(await systemFolder(context, input));
  const report = systemReport(system, input.showSecrets);
  const url = system.postgres?.running === true ? system.postgres.url : undefined;
  const migrations = url === undefined ? undefined : await migrationState(context, url);
  return {
    data: { ...report, migrations: migrations ?? null },
    text: [headline(report), ...serverLines(report, context), ...migrationLine(migrations, context)].join(
      "\n",
    ),
    exit: exitOf(report),
  };
}

type MigrationState =
  | Pick<MigrationStatus, "current" | "latest" | "applied" | "pending" | "upToDate">
  | { readonly error: string };

async function migrationState(context: Context, url: string): Promise<MigrationState & { line: string }> {
  try {
    const status = await migrationStatus(await migratorOptions(context, {}, { url }));
    const { current, latest, applied, pending, upToDate } = status;
    return { current, latest, applied, pending, upToDate, line: statusLine(status) };
  } catch (error) {
    if (!isSmithError(error)) throw error;
    const message = hideSecrets(error.message);
    return { error: message, line: message };
  }
}

function headline({ folder, running, since, lifetime, postgres, nats }: SystemReport): string {
  if (since === null) return `nothing was ever started in ${folder}; \`smith up\` starts it`;
  if (postgres?.running !== nats?.running) return halfRunning(postgres?.running === true);
  if (!running) return "stopped; `smith up` starts it again, with its data";
  return `running since ${since}${lifetime === "parent" ? ", in the foreground of another process" : ""}`;
}

function halfRunning(postgresRuns: boolean): string {
  const [runs, stopped] = postgresRuns ? ["PostgreSQL", "nats-server"] : ["nats-server", "PostgreSQL"];
  return `${runs} runs, but ${stopped} is stopped; \`smith up\` starts both again, with their data`;
}

function migrationLine(state: { readonly line: string } | undefined, { colours }: Context): string[] {
  return state === undefined ? [] : [`${colours.bold("migrations")}  ${state.line}`];
}

function exitOf({ running, postgres, nats }: SystemReport): ExitName {
  if (running) return "ok";
  // One server without the other is a fault, not a system at rest.
  return postgres?.running === true || nats?.running === true ? "failed" : "stopped";
}
