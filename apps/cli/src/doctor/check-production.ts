import type { Database } from "@mister-smith/client";
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
  await applyConfiguration(database.write, applicable, timeoutMs);
  return applicable;
}

function checksOf(
  { advice, fine, awaitsRestart }: ConfigurationReport,
  applied: ReadonlySet<string>,
): Check[] {
  const waiting = new Set(awaitsRestart);
  return [
    ...advice.map((one) => checkOf(one)),
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
