import { MigrationError } from "../errors/migration-error.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import { dropIndexConcurrently, findIndex, setLockTimeout } from "../sql/index-state.ts";
import type { ConcurrentIndex } from "../statements/sql-statement.ts";
import type { OutsideStatement } from "./outside-statement.ts";
import type { RunContext } from "./run-context.ts";
import { sameIndex } from "./same-index.ts";

/**
 * Looks for an index of the name that is going to be built.
 *
 * An invalid one is what an interrupted build leaves: it costs every write and serves no query, and
 * `IF NOT EXISTS` would take it for done. It is removed. A valid one counts as done when an interrupted run of
 * this very statement has built it, when the statement says IF NOT EXISTS, or when it is the same index.
 *
 * @throws {MigrationError} MIGRATION_FAILED when the name belongs to an index of another form or table
 */
export async function prepareIndex(
  { session, options }: RunContext,
  file: string,
  { statement, resumed }: OutsideStatement,
): Promise<"done" | "run"> {
  const wanted = statement.concurrentIndex;
  if (wanted === undefined) return "run";
  const [found] = await session.any(findIndex(wanted));
  if (found === undefined) return "run";
  if (found.table !== wanted.table) throw otherIndex(wanted, found.definition);
  if (!found.valid) {
    await session.any(setLockTimeout(0));
    await session.any(dropIndexConcurrently(found.schema, wanted.index));
    options.emit({ type: "resumed", file, line: statement.line, found: "removed-invalid-index" });
    return "run";
  }
  if (resumed || wanted.ifNotExists || (await sameIndex(statement.node, found.definition))) return "done";
  throw otherIndex(wanted, found.definition);
}

/** @throws {MigrationError} MIGRATION_FAILED when the index is missing or not valid */
export async function assertIndexValid(session: MigratorSession, wanted: ConcurrentIndex): Promise<void> {
  const [found] = await session.any(findIndex(wanted));
  if (found?.valid === true) return;
  throw new MigrationError("MIGRATION_FAILED", `the index "${wanted.index}" was built and is not valid`, {
    hint: "Run the command again: the invalid index is removed and built anew.",
    details: { index: wanted.index, table: wanted.table },
  });
}

function otherIndex(wanted: ConcurrentIndex, definition: string): MigrationError {
  return new MigrationError(
    "MIGRATION_FAILED",
    `there is another index with the name "${wanted.index}": ${definition}`,
    {
      hint: "Give the new index another name, or drop the old one if nothing uses it.",
      details: { index: wanted.index, definition },
    },
  );
}
