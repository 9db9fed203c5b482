import type { Database } from "@mister-smith/client";
import { isSmithError, SmithError } from "@mister-smith/errors";
import {
  adviseConfiguration,
  applyConfiguration,
  type ConfigurationAdvice,
  type ConfigurationReport,
  configurationStatement,
  readConfiguration,
  type TakesEffect,
} from "@mister-smith/monitoring";
import type { Context } from "../context.ts";
import { withDatabase } from "../database/with-database.ts";
import { byteText } from "../output/byte-text.ts";
import { count } from "../output/count.ts";
import type { Check } from "./check.ts";
import { type GivenSize, machineSize } from "./machine-size.ts";

/** What is asked of the look at the configuration for production. */
export interface ProductionOptions extends GivenSize {
  /** Whether to change what is advised. */
  readonly apply: boolean;
}

const area = "production";

/** Holds the server against the production configuration, and changes what it lacks where that is asked for. */
export async function checkProduction(context: Context, options: ProductionOptions): Promise<Check[]> {
  const { statementTimeoutMs } = (await context.config()).values.database;
  return await withDatabase(context, "look at the configuration for production", async (database) => {
    const size = await machineSize(database.write, options);
    const look = async () =>
      adviseConfiguration(await readConfiguration(database.write, statementTimeoutMs), size);
    const sizeCheck: Check = {
      area,
      name: "machine",
      needed: false,
      ...(size === null
        ? {
            state: "warn",
            found: "not known: the server is on another machine",
            gives: "advice for what goes by its memory and processors",
            remedy: "Say how large it is: --memory 16GB --processors 8",
          }
        : { state: "ok", found: `${byteText(size.memoryBytes)}, ${count(size.processors, "processor")}` }),
    };
    const before = await look();
    const applied = options.apply ? await apply(database, before, statementTimeoutMs) : [];
    const after = options.apply ? await look() : before;
    return [sizeCheck, ...checksOf(after, new Set(applied.map(({ name }) => name)))];
  });
}

async function apply(database: Database, { advice }: ConfigurationReport, timeoutMs: number) {
  const applicable = advice.filter(({ takesEffect }) => takesEffect !== "command line");
  const { applied, refused } = await applyConfiguration(database.write, applicable, timeoutMs);
  if (refused === null) return applied;
  const names = applied.map(({ name }) => name).join(", ") || "nothing";
  throw new SmithError(
    "NOT_APPLIED",
    `cannot change ${refused.advice.name} to ${String(refused.advice.wanted)}: ${messageOf(refused.error)}; changed before it, and in force: ${names}`,
    {
      cause: refused.error,
      hint: hintOf(refused.error) ?? "Run it as a superuser; what was changed is not changed again.",
    },
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function hintOf(error: unknown): string | undefined {
  return isSmithError(error) ? error.hint : undefined;
}

function checksOf(
  { advice, fine, awaitsRestart, overrides, notVisible }: ConfigurationReport,
  applied: ReadonlySet<string>,
): Check[] {
  const waiting = new Set(awaitsRestart);
  return [
    ...advice.map((one) => checkOf(one)),
    ...overrides.map(overrideCheck),
    ...notVisible.map(
      (name): Check => ({
        area,
        name,
        needed: false,
        state: "warn",
        found: "not visible to this role",
        gives: "advice on it",
        remedy: "Look as a superuser.",
      }),
    ),
    ...[...waiting].map(
      (name): Check => ({
        area,
        name,
        needed: false,
        state: "warn",
        found: applied.has(name) ? "changed now" : "changed",
        gives: "the new value",
        remedy: "Restart the server.",
      }),
    ),
    ...fine
      .filter(({ name }) => !waiting.has(name))
      .map(
        ({ name, found }): Check => ({
          area,
          name,
          needed: false,
          state: "ok",
          found: applied.has(name) ? `${found}, changed now` : found,
        }),
      ),
  ];
}

function overrideCheck({
  name,
  setting,
  unit,
  database,
  role,
  why,
}: ConfigurationReport["overrides"][number]): Check {
  const where = [role === null ? [] : [`role ${role}`], database === null ? [] : [`database ${database}`]]
    .flat()
    .join(" in ");
  const reset =
    role === null
      ? `ALTER DATABASE "${database}" RESET ${name};`
      : `ALTER ROLE "${role}"${database === null ? "" : ` IN DATABASE "${database}"`} RESET ${name};`;
  return {
    area,
    name: `${name} of ${where}`,
    needed: false,
    state: "warn",
    found: setting === "0" ? "0: without limit" : `${setting} ${unit ?? ""}`.trim(),
    gives: why,
    remedy: `Somebody chose it, so it is left alone. As a superuser: ${reset}`,
  };
}

const effects: Readonly<Record<TakesEffect, (statement: string) => string>> = {
  reload: (statement) => `As a superuser: ${statement}; then SELECT pg_reload_conf();`,
  restart: (statement) => `As a superuser: ${statement}; then restart the server.`,
  "command line": (statement) =>
    `It stands on the server's command line: change it there. Else: ${statement};`,
};

function checkOf(advice: ConfigurationAdvice): Check {
  const { name, found, why, takesEffect, kind } = advice;
  const { sql } = configurationStatement(advice);
  return {
    area,
    name,
    needed: false,
    state: "warn",
    found,
    gives: why,
    remedy: kind === "role" ? `As a superuser: ${sql};` : effects[takesEffect](sql),
  };
}
