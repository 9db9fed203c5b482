import { type MigrationStatus, type MigrationStatusEntry, migrationStatus } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import type { ExitName } from "../exit-codes.ts";
import { count } from "../output/count.ts";
import { durationText } from "../output/duration-text.ts";
import { table } from "../output/table.ts";
import type { CommonInput } from "./common-options.ts";
import { migratorOptions } from "./migrator-options.ts";

/** Compares files and database and lists every migration. */
export async function showStatus(context: Context, input: CommonInput): Promise<CommandResult> {
  using _ = context.progress("comparing the files with the database");
  const status = await migrationStatus(await migratorOptions(context, input));
  return { data: status, text: asText(status, context), exit: exitOfStatus(status) };
}

/** The exit code that a comparison amounts to: what differs weighs more than what waits. */
export function exitOfStatus({ problems, pending }: MigrationStatus): ExitName {
  if (problems.length > 0) return "changed";
  return pending > 0 ? "pending" : "ok";
}

/** Where the database stands, in one line. */
export function statusLine(status: MigrationStatus): string {
  const { applied, pending, problems, current, table: tracking } = status;
  const where = current === 0 ? "nothing is applied" : `version ${current}, ${applied} applied`;
  const waiting =
    pending === 0 ? "nothing waits" : `${count(pending, "migration")} ${pending === 1 ? "waits" : "wait"}`;
  const wrong = problems.length === 0 ? "" : `, ${count(problems.length, "problem")}`;
  return `${where}, ${waiting}${wrong} (${tracking})`;
}

function asText(status: MigrationStatus, { colours }: Context): string {
  const rows = status.migrations.map((one) => [
    String(one.version).padStart(5, "0"),
    one.name,
    paintState(one, colours),
    one.installedOn?.slice(0, 19).replace("T", " ") ?? "",
    one.durationMs === null ? "" : durationText(one.durationMs),
    remarks(one),
  ]);
  const problems = status.problems.flatMap(({ message, hint }) => ["", colours.red(message), `  ${hint}`]);
  return [
    ...table(["version", "name", "state", "applied on (UTC)", "took", ""], rows, colours),
    ...problems,
    "",
    statusLine(status),
  ].join("\n");
}

function paintState({ state }: MigrationStatusEntry, colours: Context["colours"]): string {
  if (state === "applied") return colours.green(state);
  return state === "pending" ? colours.yellow(state) : colours.red(state);
}

function remarks({ downChanged, hasDown, interruptedAtLine, installedBy }: MigrationStatusEntry): string {
  return [
    installedBy === null ? "" : `by ${installedBy}`,
    hasDown ? "" : "no down file",
    downChanged ? "its down file was changed since" : "",
    interruptedAtLine === null ? "" : `interrupted at line ${interruptedAtLine}`,
  ]
    .filter((remark) => remark !== "")
    .join(", ");
}
