import type { Database, Queryable } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import type { ChosenLife } from "./choose-lives.ts";
import type { Plan, StatesWay } from "./plan/plan.ts";
import { durationOf, planRun } from "./plan/plan-run.ts";
import { tableNames } from "./plan/tables.ts";
import { missingTables, replayNotes, tryLockRuns } from "./sql/database.ts";

/** A planned run, and what the database holds of it already. */
export interface PreparedLife {
  readonly plan: Plan;
  /** `all but its state`: what was committed before its state had gone through JetStream. */
  readonly found: "nothing" | "all of it" | "all but its state" | "an unfinished replay";
}

/** Refuses a database that lacks the tables. */
export async function requireTables({ write }: Pick<Database, "write">): Promise<void> {
  const missing = await write.any(missingTables());
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  const what = missing.length === tableNames.length ? "is not migrated" : `lacks ${names}`;
  throw new SmithError("DATABASE_NOT_MIGRATED", `the database ${what}`, {
    hint: "Run `smith migrate up` first; nothing was written.",
    details: { missing: missing.map(({ name }) => name) },
  });
}

/** Makes sure that no other process replays the same runs, until the connection is given back. */
export async function lockRuns(
  connection: Queryable,
  lives: readonly ChosenLife[],
  label: string,
): Promise<void> {
  const keys = new Set(lives.map(({ run }) => JSON.stringify([label, run.id])));
  const locks = await connection.any(tryLockRuns([...keys]));
  const taken = locks.find(({ locked }) => !locked);
  if (taken === undefined) return;
  throw new SmithError(
    "REPLAY_RUNNING",
    `another process is replaying the runs ${taken.key} into this database`,
    {
      hint: "Wait for it to end, or give --label to live the same runs as other agents.",
    },
  );
}

/** How the runs of a replay are planned. */
export interface Preparation {
  readonly label: string;
  readonly now: Date;
  /** Which way the state of runs goes that are not there yet. */
  readonly states: StatesWay;
}

/**
 * Plans a run, and finds out whether it was replayed before. A run that was keeps the times it was given then, and
 * the way that its state went.
 */
export async function prepareLife(
  { write }: Pick<Database, "write">,
  { run, copy }: ChosenLife,
  { label, now, states }: Preparation,
): Promise<PreparedLife> {
  const life = { copy, label, states };
  const plan = planRun(run, { ...life, startsAt: new Date(now.getTime() - durationOf(run)) });
  const notes = (await write.any(replayNotes(plan.owners.agent))).map(({ note }) => note);
  const [first] = notes;
  if (notes.length === 0) return { plan, found: "nothing" };
  if (first === null || first === undefined || first.digest !== run.digest) throw otherContent(plan);
  const startsAt = new Date(first.starts_at);
  if (notes.some((note) => note?.state !== "complete" && note?.state !== "committed"))
    return { plan: planRun(run, { ...life, startsAt }), found: "an unfinished replay" };
  const before = planRun(run, { ...life, startsAt, states: first.states ?? "sql" });
  const isWhole = notes.every((note) => note?.state === "complete");
  return { plan: before, found: isWhole ? "all of it" : "all but its state" };
}

function otherContent(plan: Plan): SmithError {
  return new SmithError(
    "RUN_CHANGED",
    `run ${plan.run} is in the database with another content than ${plan.file} has`,
    { hint: "Give the changed run another id, or give --label to replay it beside the first one." },
  );
}
