import { setTimeout as pause } from "node:timers/promises";
import { type Queryable, type SqlFragment, type Statement, sql } from "@mister-smith/client";
import { z } from "zod";
import type { ConfigurationAdvice } from "./advise-configuration.ts";

const noRow = sql.type(z.object({}));

/** The statement that does what was advised. */
export function configurationStatement({ kind, name, wanted }: ConfigurationAdvice): Statement<z.ZodObject> {
  if (kind === "role")
    return noRow`ALTER ROLE ${sql.identifier([name])} CONNECTION LIMIT ${wholeNumber(String(wanted))}`;
  const values = typeof wanted === "string" ? [wanted] : wanted;
  const list = sql.join(values.map(sql.literalValue), sql.fragment`, `);
  return noRow`ALTER SYSTEM SET ${sql.identifier(name.split("."))} = ${list}`;
}

// The statement takes a number only, neither a parameter nor text.
function wholeNumber(text: string): SqlFragment {
  return { ...sql.fragment``, sql: String(Number.parseInt(text, 10)) };
}

/** What came of applying advice. */
export interface AppliedConfiguration {
  /** What was changed, and stays. */
  readonly applied: readonly ConfigurationAdvice[];
  /** The first that the server refused, after which nothing more was tried; null where it took all. */
  readonly refused: { readonly advice: ConfigurationAdvice; readonly error: unknown } | null;
}

/**
 * Does what was advised, one after the other until the server refuses one, and lets it read its files again. What takes a restart
 * counts after that; what the server's command line decides is left out.
 *
 * @throws DatabaseError when the server does not read its files again, though all was changed
 */
export async function applyConfiguration(
  on: Queryable,
  advice: readonly ConfigurationAdvice[],
  timeoutMs: number,
): Promise<AppliedConfiguration> {
  const applied: ConfigurationAdvice[] = [];
  const reload = async () => await reloadConfiguration(on, timeoutMs);
  for (const one of advice.filter(({ takesEffect }) => takesEffect !== "command line")) {
    try {
      await on.query(configurationStatement(one), { timeoutMs });
      applied.push(one);
    } catch (error) {
      // What was changed counts; where this is refused, too, the first refusal is the one to tell.
      if (applied.length > 0) await reload().catch(() => undefined);
      return { applied, refused: { advice: one, error } };
    }
  }
  await reload();
  return { applied, refused: null };
}

/** Has the server read its files again, and returns when it has: it does so in its own time. */
async function reloadConfiguration(on: Queryable, timeoutMs: number): Promise<void> {
  const { at } = await on.one(
    sql.type(z.object({ at: z.string(), done: z.boolean() }))`
      SELECT pg_catalog.clock_timestamp()::TEXT AS at, pg_catalog.pg_reload_conf() AS done`,
    { timeoutMs },
  );
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    const { isLoaded } = await on.one(
      sql.type(z.object({ isLoaded: z.boolean() }))`
        SELECT pg_catalog.pg_conf_load_time() >= ${at}::TIMESTAMPTZ AS "isLoaded"`,
      { timeoutMs },
    );
    if (isLoaded) return;
    await pause(20);
  }
}
