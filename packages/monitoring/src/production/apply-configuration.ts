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

/**
 * Does what was advised, one after the other, and lets the server read its files again. What takes a restart counts after that;
 * what the server's command line decides is left out.
 *
 * @throws DatabaseError for the first that the server refuses; what came before it stays, and counts
 */
export async function applyConfiguration(
  on: Queryable,
  advice: readonly ConfigurationAdvice[],
  timeoutMs: number,
): Promise<void> {
  try {
    for (const one of advice)
      if (one.takesEffect !== "command line") await on.query(configurationStatement(one), { timeoutMs });
  } finally {
    await on.query(noRow`SELECT pg_catalog.pg_reload_conf()`, { timeoutMs });
  }
}
