import { ClientError, type Queryable } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import type { Node } from "libpg-query";
import { parseStatement } from "../statements/parse-statement.ts";
import { planStatement } from "../statements/plan-statement.ts";
import type { Catalogue } from "./catalogue.ts";
import { genericPlan } from "./generic-plan.ts";
import type { SkippedStatement } from "./index-advice.ts";
import type { RecordedStatement } from "./read-workload.ts";
import { readStatement } from "./tree/read-statement.ts";
import type { WorkloadStatement } from "./what-if.ts";

/** A statement that PostgreSQL makes plans for, as far as its text says. */
export interface ReadableText {
  readonly recorded: RecordedStatement;
  readonly text: string;
  readonly tree: Node;
}

/** Those statements on record whose text can be read; of the others why not. */
export async function parseRecorded(recorded: readonly RecordedStatement[]): Promise<{
  readonly texts: readonly ReadableText[];
  readonly skipped: readonly SkippedStatement[];
}> {
  const texts: ReadableText[] = [];
  const skipped: SkippedStatement[] = [];
  for (const one of recorded) {
    const { queryId, text } = one;
    const parsed =
      text === null
        ? { reason: "its text is not on record, or not for this role" }
        : await parseStatement(text);
    if ("reason" in parsed) skipped.push({ queryId, reason: parsed.reason });
    else if (parsed.kind === "other")
      skipped.push({ queryId, reason: "PostgreSQL makes no plan for such a statement" });
    else texts.push({ recorded: one, text: text ?? "", tree: parsed.tree });
  }
  return { texts, skipped };
}

/** Those statements that the server can plan and that are of tables; of the others why not. */
export async function readStatements(
  on: Queryable,
  catalogue: Catalogue,
  texts: readonly ReadableText[],
  timeoutMs: number,
): Promise<{
  readonly statements: readonly WorkloadStatement[];
  readonly skipped: readonly SkippedStatement[];
}> {
  const statements: WorkloadStatement[] = [];
  const skipped: SkippedStatement[] = [];
  for (const { recorded, text, tree } of texts) {
    const plannedText = await plannedTextOf(on, text, timeoutMs);
    if (typeof plannedText !== "string") {
      skipped.push({ queryId: recorded.queryId, reason: plannedText.reason });
      continue;
    }
    const mended = plannedText === text ? null : await parseStatement(plannedText);
    const use = readStatement(catalogue, mended !== null && "tree" in mended ? mended.tree : tree);
    const isOfTables = use.accesses.length > 0 || use.writes.length > 0;
    if (recorded.calls > 0 && isOfTables) statements.push({ ...recorded, text, plannedText, use });
  }
  return { statements, skipped };
}

// Then the next statement would fare no better.
const unusable: ReadonlySet<string> = new Set(["connection", "unavailable"]);

async function plannedTextOf(
  on: Queryable,
  text: string,
  timeoutMs: number,
): Promise<string | { readonly reason: string }> {
  try {
    const explained = await planStatement(
      async (asked, leftMs) => await genericPlan(on, asked, { timeoutMs: leftMs }),
      text,
      { timeoutMs },
    );
    return "reason" in explained ? explained : explained.text;
  } catch (error) {
    if (error instanceof ClientError && error.code === "TIMEOUT")
      return { reason: `it was not planned within ${timeoutMs} ms` };
    if (!(error instanceof DatabaseError) || unusable.has(error.errorClass)) throw error;
    return { reason: error.message };
  }
}
