import { HookRefusal } from "../execute/hook-refusal.ts";
import type { RunContext } from "../execute/run-context.ts";
import type { TransactionHooks } from "../execute/transaction-run.ts";
import {
  allowRowSecurity,
  forbidRowSecurity,
  holdsRows,
  lockTargets,
  type StoredColumn,
  selectDescendants,
  selectStoredColumns,
} from "../sql/loss-targets.ts";
import { type LossTarget, nameOfTarget } from "./data-loss.ts";
import { convertedColumns } from "./find-type-changes.ts";

/** The script removed or converted something that its text does not name. */
export class UnexpectedDrop extends HookRefusal {
  override readonly name = "UnexpectedDrop";
  readonly targets: readonly LossTarget[];

  constructor(targets: readonly LossTarget[]) {
    super(`dropped or converted without naming: ${targets.map(nameOfTarget).join(", ")}`);
    this.targets = targets;
  }
}

/** Rows came in after they were counted. */
export class RowsArrived extends HookRefusal {
  override readonly name = "RowsArrived";
}

/**
 * Keeps a down script from dropping rows, inside its own transaction.
 *
 * The expected targets are locked first and looked at once more, so that no row slips in between. When the
 * script is through, the catalogue is compared with what it was: whatever else is gone, by CASCADE or by a
 * DO block, is reported before anything is committed, and so is a column whose type is another one now.
 *
 * @param plain the columns of {@link plainTypeChanges}
 * @throws {UnexpectedDrop | RowsArrived} from the hooks, for {@link applyLossless}
 */
export function lossGuard(
  context: RunContext,
  expected: readonly LossTarget[],
  plain: ReadonlySet<string>,
): Required<TransactionHooks> {
  const { session } = context;
  let before: readonly StoredColumn[] = [];
  let known: readonly LossTarget[] = expected;
  return {
    afterBegin: async () => {
      if (expected.length > 0) {
        await lockAndLook(context, expected);
        known = [...expected, ...(await session.any(selectDescendants(expected)))];
      }
      before = await session.any(selectStoredColumns);
    },
    beforeCommit: async () => {
      const after = await session.any(selectStoredColumns);
      const targets = [
        ...goneWithout(known, before, after),
        ...convertedWithout(known, convertedColumns(plain, before, after)),
      ];
      if (targets.length > 0) throw new UnexpectedDrop(targets);
    },
  };
}

async function lockAndLook(
  { session, observer }: RunContext,
  expected: readonly LossTarget[],
): Promise<void> {
  await observer.watch(() => session.any(lockTargets(expected)));
  await session.any(forbidRowSecurity);
  for (const target of expected) {
    const [found] = await session.any(holdsRows(target));
    if (found?.holds === true) throw new RowsArrived(nameOfTarget(target));
  }
  await session.any(allowRowSecurity);
}

/** The tables and columns that are gone and were not expected to go. */
export function goneWithout(
  expected: readonly LossTarget[],
  before: readonly StoredColumn[],
  after: readonly StoredColumn[],
): readonly LossTarget[] {
  const tables = new Set(after.map(({ relation }) => relation));
  const columns = new Set(after.map(keyOf));
  const known = new Set(expected.map(nameOfTarget));
  const gone = before.filter((column) => !columns.has(keyOf(column)));
  const targets = gone.map(({ relation, schema, table, column }): LossTarget => {
    const whole = !tables.has(relation);
    return { schema, table, column: whole ? null : column, withChildren: false };
  });
  const unexpected = targets.filter((target) => !known.has(nameOfTarget(target)));
  return [...new Map(unexpected.map((target) => [nameOfTarget(target), target])).values()];
}

function convertedWithout(
  expected: readonly LossTarget[],
  converted: readonly StoredColumn[],
): readonly LossTarget[] {
  const known = new Set(expected.map(nameOfTarget));
  return converted
    .map(({ schema, table, column }): LossTarget => ({ schema, table, column, withChildren: false }))
    .filter((target) => !known.has(nameOfTarget(target)));
}

function keyOf({ relation, attribute }: StoredColumn): string {
  return `${relation} ${attribute}`;
}
