import type { Database } from "@mister-smith/client";
import { advisedError } from "../database/advised-error.ts";
import { openDatabase } from "../database/open-database.ts";
import { openingError } from "../database/with-database.ts";
import { type ChosenLife, chooseLives } from "./choose-lives.ts";
import type { Difference } from "./compare-rows.ts";
import { loadRuns } from "./files/load-runs.ts";
import { defaultConnectTimeoutMs, type Lived, liveAll } from "./live-all.ts";
import { finalRows } from "./plan/final-rows.ts";
import type { StatesWay } from "./plan/plan.ts";
import { stepsOf } from "./plan/steps-of.ts";
import { type TableName, tableNames } from "./plan/tables.ts";
import { lockRuns, type PreparedLife, prepareLife, requireTables } from "./prepare-lives.ts";
import type { ReplayOptions } from "./replay-options.ts";
import type { ReplayedRun, ReplayResult } from "./replay-result.ts";
import { StatementTimes } from "./statement-times.ts";
import { unfinished } from "./states/parts-of-plan.ts";
import { verifyRun } from "./verify-run.ts";

// Paced runs all live at the same time, and take turns on few connections.
const acquireTimeoutMs = 60_000;

/**
 * Lives recorded runs through the data layer and checks every row of it. All files are read and checked before
 * the first write. A run is in the database as a whole or not at all, and one that is there already is only checked.
 *
 * With `nats`, that is said of all but the agents' state: it goes through JetStream when its run is committed, and is
 * waited for until PostgreSQL has it. A replay that was ended in between is completed by the next one of the run.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  options.onProgress?.("reading the recorded runs");
  const lives = chooseLives(await loadRuns(options.paths), options.agents);
  const concurrency = options.concurrency ?? 4;
  const { databaseUrl: url, addresses } = options;
  const connectTimeoutMs = options.connectTimeoutMs ?? defaultConnectTimeoutMs;
  const open = () =>
    openDatabase({
      url,
      addresses,
      applicationName: "smith replay",
      // More: the one that holds the locks, and where state goes through JetStream, the flusher's and the waits'.
      connections: concurrency + (options.nats === undefined ? 1 : 3),
      acquireTimeoutMs,
      connectTimeoutMs,
      statementTimeoutMs: options.statementTimeoutMs ?? 60_000,
    });
  await using database = await open().catch((error: unknown) => {
    throw openingError(error, "replay");
  });
  try {
    return await replayInto(database, lives, concurrency, options);
  } catch (error) {
    throw advisedError(error, "replay");
  }
}

async function replayInto(
  database: Database,
  lives: readonly ChosenLife[],
  concurrency: number,
  options: ReplayOptions,
): Promise<ReplayResult> {
  await requireTables(database);
  const label = options.label ?? "";
  return await database.connect(async (connection) => {
    await lockRuns(connection, lives, label);
    const preparation = { label, now: new Date(), states: statesWay(options) };
    const prepared: PreparedLife[] = [];
    for (const life of lives) prepared.push(await prepareLife(database, life, preparation));
    const times = new StatementTimes();
    const started = performance.now();
    const lived = await liveAll(prepared, { ...options, database, concurrency, times });
    const seconds = (performance.now() - started) / 1000;
    return await verifyAll(database, prepared, { ...lived, seconds, times }, options);
  });
}

function statesWay({ nats }: ReplayOptions): StatesWay {
  return nats === undefined ? "sql" : "jetstream";
}

async function verifyAll(
  database: Database,
  prepared: readonly PreparedLife[],
  { streamed, unfinished: left, seconds, times }: Lived & { seconds: number; times: StatementTimes },
  { onProgress, nats }: ReplayOptions,
): Promise<ReplayResult> {
  const rows: Partial<Record<TableName, number>> = {};
  const differences: Difference[] = [];
  const verifySeconds = await timed(async () => {
    for (const [position, { plan }] of prepared.entries()) {
      onProgress?.(`verifying: run ${position + 1} of ${prepared.length}`);
      const verification = await verifyRun(database, left.has(plan) ? unfinished(plan) : plan, times);
      differences.push(...verification.differences);
      for (const table of tableNames) {
        rows[table] = (rows[table] ?? 0) + (verification.matching[table] ?? 0);
      }
    }
  });
  const runs = prepared.map(replayedRun);
  return {
    verified: differences.length === 0,
    runs,
    agents: total(runs, ({ agents }) => agents),
    steps: total(runs, ({ steps }) => steps),
    rows,
    differences,
    states:
      nats === undefined
        ? { through: "sql" }
        : { through: "jetstream", durability: nats.durability ?? "stored", ...streamed },
    written: writtenOf(prepared, seconds),
    verifySeconds,
    statements: times.slowest(),
  };
}

function replayedRun({ plan, found }: PreparedLife): ReplayedRun {
  return {
    run: plan.run,
    copy: plan.copy,
    file: plan.file,
    agents: plan.owners.agent.length,
    steps: stepsOf(plan),
    outcome: found === "all of it" ? "already there" : "written",
  };
}

function writtenOf(prepared: readonly PreparedLife[], seconds: number): ReplayResult["written"] {
  const plans = prepared.filter(({ found }) => found !== "all of it").map(({ plan }) => plan);
  const steps = total(plans, stepsOf);
  const rows = total(plans, (plan) => total([...finalRows(plan).values()], ({ size }) => size));
  return { steps, rows, seconds, stepsPerSecond: steps / seconds, rowsPerSecond: rows / seconds };
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
