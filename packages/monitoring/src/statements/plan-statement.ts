import { ClientError } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import type { PlannedStatement } from "../plans/planned-statement.ts";
import type { StatementKind } from "./parse-statement.ts";
import { readStatement } from "./readable-statement.ts";
import { refusedAt } from "./refused-at.ts";
import { repairStatement } from "./repair-statement.ts";
import { typeGuesses } from "./type-guesses.ts";

/** A statement and the plan that PostgreSQL has for it, whatever its parameters are. */
export interface ExplainedStatement<Plan = PlannedStatement> {
  readonly kind: Exclude<StatementKind, "other">;
  /** What was planned: the text as it was given, or that with what it takes to plan it. */
  readonly text: string;
  /** As EXPLAIN (FORMAT JSON) gives it. */
  readonly plan: Plan;
}

/** Why there is no plan of a statement. */
export interface NotExplained {
  readonly kind: "not explained";
  readonly reason: string;
  /** What PostgreSQL refused it with; undefined where it was not asked. */
  readonly sqlState: string | undefined;
}

/** How long one statement may take. */
export interface ExplainBounds {
  /** All tries together, in milliseconds. Default: 2,000. */
  readonly timeoutMs?: number;
  /** How often PostgreSQL is asked at most, with other types for what it cannot tell the type of. Default: 40. */
  readonly tries?: number;
}

/** Asks PostgreSQL for the plan of a text, within so many milliseconds; a DatabaseError is its refusal. */
export type AskForPlan<Plan> = (text: string, timeoutMs: number) => Promise<Plan>;

/** PostgreSQL cannot tell types: of a parameter, or which function or operator is meant by them. */
const isOfTypes = new Set(["42P18", "42725", "42883", "42804", "42846"]);

/**
 * The plan of a statement as pg_stat_statements keeps it, from whoever asks for plans: what the literals taken out have broken is
 * mended, and where types are not known, it tries what they may have been.
 *
 * @throws ClientError or DatabaseError when the server is away, or the time is over
 */
export async function planStatement<Plan>(
  askForPlan: AskForPlan<Plan>,
  text: string,
  { timeoutMs = 2_000, tries = 40 }: ExplainBounds = {},
): Promise<ExplainedStatement<Plan> | NotExplained> {
  const repaired = await repairStatement(text);
  if ("reason" in repaired) return notExplained(repaired.reason);
  if (repaired.kind === "other") return notExplained("PostgreSQL makes no plan of such a statement");
  const { kind } = repaired;
  const end = performance.now() + timeoutMs;
  let left = tries;
  const first = await ask(repaired.text);
  if (!(first instanceof DatabaseError)) return { kind, text: repaired.text, plan: first };
  return (await guess(repaired.text, first)) ?? notExplained(reasonOf(first), first.sqlState);

  async function guess(asked: string, refusal: DatabaseError): Promise<ExplainedStatement<Plan> | null> {
    if (!isOfTypes.has(refusal.sqlState ?? "")) return null;
    const statement = await readStatement(asked);
    if (statement === null) return null;
    for (const next of typeGuesses(statement, refusedAt(refusal, asked))) {
      if (left === 0) return null;
      const answer = await ask(next);
      if (!(answer instanceof DatabaseError)) return { kind, text: next, plan: answer };
      const found = await guess(next, answer);
      if (found !== null) return found;
    }
    return null;
  }

  async function ask(asked: string): Promise<Plan | DatabaseError> {
    left -= 1;
    const leftMs = end - performance.now();
    if (leftMs < 1) throw new ClientError("TIMEOUT", `the statement was not planned within ${timeoutMs} ms`);
    try {
      return await askForPlan(asked, leftMs);
    } catch (error) {
      if (error instanceof DatabaseError && isOfTheStatement(error)) return error;
      throw error;
    }
  }
}

/** Syntax, names, types and rights; what a read-only transaction refuses; features; data that a function did not like. */
function isOfTheStatement({ sqlState }: DatabaseError): boolean {
  return sqlState !== undefined && /^(42|25006|0A|22|21|23|P0|38|39|3F|2F|54|55P03)/.test(sqlState);
}

function reasonOf({ cause, message }: DatabaseError): string {
  return cause instanceof Error ? cause.message : message;
}

function notExplained(reason: string, sqlState?: string): NotExplained {
  return { kind: "not explained", reason, sqlState };
}
