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
  const [found] = await session.any(countRows(target));
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

// To count in it, one would have to connect to it.
function wholeDatabase({ name }: Drop): DataLoss {
  return { kind: "database", what: name, rows: null, exact: false };
}
