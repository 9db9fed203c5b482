import type { Database } from "@mister-smith/client";
import { advisedError } from "../database/advised-error.ts";
import { openDatabase } from "../database/open-database.ts";
import { openingError } from "../database/with-database.ts";
import { type ChosenLife, chooseLives } from "./choose-lives.ts";
import type { Difference } from "./compare-rows.ts";
import { loadRuns } from "./files/load-runs.ts";
import { forEachConcurrently } from "./for-each-concurrently.ts";
import { liveAtOnce, livePaced, replayStopped } from "./live-run.ts";
import { type Clock, createPacer, systemClock } from "./pacer.ts";
import { finalRows } from "./plan/final-rows.ts";
import type { Plan } from "./plan/plan.ts";
import { type TableName, tableNames } from "./plan/tables.ts";
import { lockRuns, type PreparedLife, prepareLife, requireTables } from "./prepare-lives.ts";
import { removeRun } from "./remove-run.ts";
import type { ReplayedRun, ReplayResult } from "./replay-result.ts";
import { StatementTimes } from "./statement-times.ts";
import { verifyRun } from "./verify-run.ts";

/** What to replay, where, and how. */
export interface ReplayOptions {
  readonly databaseUrl: string;
  /** Servers that may each be the primary, in place of the one in the URL. Default: that of the URL. */
  readonly addresses?: readonly string[] | undefined;
  /** Files and folders of recorded runs. */
  readonly paths: readonly string[];
  /** How many agents to live the runs as. Default: each run once. */
  readonly agents?: number | undefined;
  /** Steps a second over all agents; 0 is as fast as possible. Default: 0. */
  readonly rate?: number | undefined;
  /** Connections that write at the same time. Default: 4. */
  readonly concurrency?: number | undefined;
  /** Tells replays of the same run into the same database apart. Default: empty. */
  readonly label?: string | undefined;
  /** Aborted to stop. Default: never. */
  readonly signal?: AbortSignal | undefined;
  /** The clock that the rate goes by. Default: this machine's. */
  readonly clock?: Clock | undefined;
  /** How long a connection may take to open, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a statement may run, in milliseconds; 0 is without limit. Default: 60,000. */
  readonly statementTimeoutMs?: number | undefined;
  /** Told what is being done, for people. */
  readonly onProgress?: ((doing: string) => void) | undefined;
}

const defaultConnectTimeoutMs = 10_000;

// Paced runs all live at the same time, and take turns on few connections.
const acquireTimeoutMs = 60_000;

/**
 * Lives recorded runs through the data layer and checks every row of it. All files are read and checked before
 * the first write. A run is in the database as a whole or not at all, and one that is there already is only checked.
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
      // One connection more: the one that holds the locks.
      connections: concurrency + 1,
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
    const now = new Date();
    const prepared: PreparedLife[] = [];
    for (const life of lives) prepared.push(await prepareLife(database, life, label, now));
    const times = new StatementTimes();
    const seconds = await timed(() => liveAll(database, prepared, concurrency, times, options));
    return await verifyAll(database, prepared, seconds, times, options);
  });
}

async function liveAll(
  database: Database,
  prepared: readonly PreparedLife[],
  concurrency: number,
  times: StatementTimes,
  options: ReplayOptions,
): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  for (const { plan } of prepared.filter(({ found }) => found === "an unfinished replay")) {
    await removeRun(database, plan);
  }
  const missing = prepared.filter(({ found }) => found !== "all of it").map(({ plan }) => plan);
  const steps = missing.reduce((sum, plan) => sum + stepsOf(plan), 0);
  let done = 0;
  const onStep = () => options.onProgress?.(`replaying: step ${++done} of ${steps}`);
  const { rate = 0, connectTimeoutMs = defaultConnectTimeoutMs } = options;
  const pacer = createPacer(rate, options.clock ?? systemClock);
  // Paced runs hold no connection while they wait, so all of them live at the same time.
  await forEachConcurrently(missing, rate === 0 ? concurrency : missing.length, signal, (plan, either) => {
    const live = { database, connectTimeoutMs, times, signal: either, onStep };
    return rate === 0 ? liveAtOnce(plan, live) : livePaced(plan, pacer, live);
  });
  if (signal.aborted) throw replayStopped();
}

async function verifyAll(
  database: Database,
  prepared: readonly PreparedLife[],
  seconds: number,
  times: StatementTimes,
  { onProgress }: ReplayOptions,
): Promise<ReplayResult> {
  const rows: Partial<Record<TableName, number>> = {};
  const differences: Difference[] = [];
  const verifySeconds = await timed(async () => {
    for (const [position, { plan }] of prepared.entries()) {
      onProgress?.(`verifying: run ${position + 1} of ${prepared.length}`);
      const verification = await verifyRun(database, plan, times);
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

function stepsOf(plan: Plan): number {
  return plan.beats.filter(({ step }) => step !== undefined).length;
}

function total<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
