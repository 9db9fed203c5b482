import { DatabaseError } from "@mister-smith/errors";
import { parseStatement } from "../statements/parse-statement.ts";
import type { Catalogue } from "./catalogue.ts";
import type { SkippedStatement } from "./index-advice.ts";
import type { RecordedStatement } from "./read-workload.ts";
import { readStatement } from "./tree/read-statement.ts";
import type { WhatIf, WorkloadStatement } from "./what-if.ts";

/** Those statements that the server can plan and that are of tables; of the others why not. */
export async function readStatements(
  whatIf: WhatIf,
  catalogue: Catalogue,
  recorded: readonly RecordedStatement[],
): Promise<{
  readonly statements: readonly WorkloadStatement[];
  readonly skipped: readonly SkippedStatement[];
}> {
  const statements: WorkloadStatement[] = [];
  const skipped: SkippedStatement[] = [];
  for (const one of recorded) {
    const { queryId, text, calls } = one;
    const read =
      text === null ? "its text is not on record, or not for this role" : await readOne(catalogue, one, text);
    if (typeof read === "string") {
      skipped.push({ queryId, reason: read });
      continue;
    }
    try {
      await whatIf.costOf(read, []);
      const isOfTables = read.use.accesses.length > 0 || read.use.writes.length > 0;
      if (calls > 0 && isOfTables) statements.push(read);
    } catch (error) {
      if (!(error instanceof DatabaseError) || unusable.has(error.errorClass)) throw error;
      skipped.push({ queryId, reason: error.message });
    }
  }
  return { statements, skipped };
}

// Then the next statement would fare no better.
const unusable: ReadonlySet<string> = new Set(["connection", "unavailable"]);

async function readOne(
  catalogue: Catalogue,
  recorded: RecordedStatement,
  text: string,
): Promise<WorkloadStatement | string> {
  const parsed = await parseStatement(text);
  if ("reason" in parsed) return parsed.reason;
  if (parsed.kind === "other") return "PostgreSQL makes no plan for such a statement";
  return { ...recorded, text, use: readStatement(catalogue, parsed.tree) };
}
