import { type MigrationPlan, planMigrations } from "@mister-smith/schema";
import type { CommandResult } from "../command/command-result.ts";
import type { Context } from "../context.ts";
import { count } from "../output/count.ts";
import { migratorOptions } from "./migrator-options.ts";
import type { UpInput } from "./up.ts";

/** Lists what `up` would apply. Writes nothing. */
export async function previewMigrations(context: Context, input: UpInput): Promise<CommandResult> {
  using _ = context.progress("reading files and database");
  const options = await migratorOptions(context, input);
  const plan = await planMigrations({ ...options, ...(input.to === undefined ? {} : { to: input.to }) });
  return { data: plan, text: asText(plan, context), exit: plan.migrations.length > 0 ? "pending" : "ok" };
}

function asText({ migrations, from, to, initialized, table }: MigrationPlan, { colours }: Context): string {
  if (migrations.length === 0) return "nothing would be applied";
  const lines = migrations.flatMap(({ file, statements, transactional }) => [
    `${colours.bold(file)}  ${count(statements.length, "statement")}${transactional ? "" : ", without a transaction"}`,
    ...statements.map(({ line, text }) => colours.dim(`  ${String(line).padStart(4)}  ${firstLine(text)}`)),
  ]);
  const record = initialized ? [] : [`${table} would be made`];
  const end = `${count(migrations.length, "migration")} would be applied, from version ${from} to ${to}; nothing was written`;
  return [...lines, "", ...record, end].join("\n");
}

function firstLine(statement: string): string {
  const line = statement.replace(/\s+/g, " ").trim();
  return line.length > 90 ? `${line.slice(0, 89)}…` : line;
}
