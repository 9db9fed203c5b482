import { asDatabaseError } from "@mister-smith/errors";
import { MigrationError } from "../errors/migration-error.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import { countRows, exactUpTo, forbidRowSecurity, resolveDrops } from "../sql/loss-targets.ts";
import { type DataLoss, type LossTarget, nameOfTarget } from "./data-loss.ts";
import type { Drop } from "./find-drops.ts";

/** What a script's drops mean in this database. */
export interface ExpectedLoss {
  /** Every table and column that goes, with rows or without. */
  readonly targets: readonly LossTarget[];
  /** Those that hold rows. */
  readonly losses: readonly DataLoss[];
}

/** Finds and counts what goes with a script's drops. */
export async function expectedLoss(session: MigratorSession, drops: readonly Drop[]): Promise<ExpectedLoss> {
  const databases = drops.filter(({ kind }) => kind === "database").map(wholeDatabase);
  if (drops.length === databases.length) return { targets: [], losses: databases };
  const targets = await session.any(resolveDrops(drops));
  return { targets, losses: [...databases, ...(await countLoss(session, targets))] };
}

/** Counts the rows of the targets; those without any are left out. */
export async function countLoss(
  session: MigratorSession,
  targets: readonly LossTarget[],
): Promise<readonly DataLoss[]> {
  const losses: DataLoss[] = [];
  await session.client.query("BEGIN READ ONLY");
  try {
    await session.any(forbidRowSecurity);
    for (const target of targets) losses.push(...(await countTarget(session, target)));
  } finally {
    await session.client.query("ROLLBACK");
  }
  return losses;
}

async function countTarget(session: MigratorSession, target: LossTarget): Promise<readonly DataLoss[]> {
  const [found] = await session.any(countRows(target)).catch((cause: unknown) => {
    throw cannotCount(target, cause);
  });
  if (found === undefined || found.counted === 0) return [];
  const exact = found.counted <= exactUpTo;
  return [
    {
      kind: target.column === null ? "table" : "column",
      what: nameOfTarget(target),
      rows: exact ? found.counted : Math.max(found.counted, Math.round(found.estimate)),
      exact,
    },
  ];
}

function cannotCount(target: LossTarget, cause: unknown): MigrationError {
  const error = asDatabaseError(cause, `tell whether ${nameOfTarget(target)} holds rows`);
  const code = error.errorClass === "permission" ? "MIGRATION_PERMISSION" : "MIGRATION_FAILED";
  return new MigrationError(code, error.message, {
    cause,
    retryable: error.retryable,
    hint: "Connect as a role that may read all its rows (row-level security hides none from a superuser), or say --accept-data-loss.",
    details: error.details,
  });
}

// To count in it, one would have to connect to it.
function wholeDatabase({ name }: Drop): DataLoss {
  return { kind: "database", what: name, rows: null, exact: false };
}
