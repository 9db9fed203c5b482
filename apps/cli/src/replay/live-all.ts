import type { Database } from "@mister-smith/client";
import { advisedError } from "../database/advised-error.ts";
import { forEachConcurrently } from "./for-each-concurrently.ts";
import { type LiveOptions, liveAtOnce, livePaced, replayStopped } from "./live-run.ts";
import { createPacer, type Pacer, systemClock } from "./pacer.ts";
import type { Plan } from "./plan/plan.ts";
import { stepsOf } from "./plan/steps-of.ts";
import type { PreparedLife } from "./prepare-lives.ts";
import { removeRun } from "./remove-run.ts";
import type { ReplayOptions } from "./replay-options.ts";
import type { StatementTimes } from "./statement-times.ts";
import { checkStates } from "./states/check-states.ts";
import { completionOf, remainderBySql, withoutStates } from "./states/parts-of-plan.ts";
import { openStateStream, type StateStream, type StreamedStates } from "./states/state-stream.ts";
import { verifyStates } from "./verify-run.ts";
import { writeBeat } from "./write-beat.ts";

/** What living runs came to. */
export interface Lived {
  /** What went through JetStream. */
  readonly streamed: StreamedStates;
  /** Runs of which all is there, but whose state is not as it was put. */
  readonly unfinished: ReadonlySet<Plan>;
}

/** How long the removal of an unfinished run waits for a server unless it is told, in milliseconds. */
export const defaultConnectTimeoutMs = 10_000;

/** What living all runs needs. */
export interface LiveAllOptions extends ReplayOptions {
  readonly database: Database;
  readonly concurrency: number;
  readonly times: StatementTimes;
}

const nothingStreamed: StreamedStates = { put: 0, expired: 0, flushedBy: null };

/**
 * Lives what is not there yet. State that goes through JetStream is put when its run is committed, and waited for until
 * PostgreSQL has it; a run whose state is there is then written down as complete.
 */
export async function liveAll(prepared: readonly PreparedLife[], options: LiveAllOptions): Promise<Lived> {
  const { database, nats } = options;
  const signal = options.signal ?? new AbortController().signal;
  const waiting = prepared.filter(({ found }) => found !== "all of it");
  const streaming = waiting.map(({ plan }) => plan).filter(({ states }) => states === "jetstream");
  if (nats === undefined || streaming.length === 0) {
    await livesOf(waiting, undefined, signal, options);
    return { streamed: nothingStreamed, unfinished: new Set() };
  }
  try {
    await using stream = await openStateStream(database, nats, signal);
    checkStates(streaming, stream.maxValueBytes);
    await livesOf(waiting, stream, signal, options);
    await stream.flushed(signal, (messages) =>
      options.onProgress?.(`waiting until PostgreSQL has the state: ${messages} to go`),
    );
    const unfinished = await complete(streaming, options);
    return { streamed: stream.done, unfinished };
  } catch (error) {
    throw signal.aborted ? replayStopped() : error;
  }
}

async function livesOf(
  waiting: readonly PreparedLife[],
  stream: StateStream | undefined,
  signal: AbortSignal,
  options: LiveAllOptions,
): Promise<void> {
  const { database, concurrency, times, rate = 0, connectTimeoutMs = defaultConnectTimeoutMs } = options;
  for (const { plan, found } of waiting)
    if (found === "an unfinished replay") await removeRun(database, plan);
  const fresh = waiting.filter(({ found }) => found !== "all but its state");
  const steps = fresh.reduce((sum, { plan }) => sum + stepsOf(plan), 0);
  let done = 0;
  const onStep = () => options.onProgress?.(`replaying: step ${++done} of ${steps}`);
  const pacer = rate === 0 ? undefined : createPacer(rate, options.clock ?? systemClock);
  // Paced runs hold no connection while they wait, so all of them live at the same time.
  const atOnce = pacer === undefined ? concurrency : waiting.length;
  await forEachConcurrently(waiting, atOnce, signal, async (life, either) => {
    const streamed = life.plan.states === "jetstream" ? stream : undefined;
    const live = { database, connectTimeoutMs, times, signal: either, onStep };
    await commit(life, streamed !== undefined, pacer, live);
    if (streamed === undefined) return;
    options.onProgress?.(`putting the state of run ${life.plan.key}`);
    await times.measure("put state into JetStream", () => streamed.put(life.plan, either));
  });
  if (signal.aborted) throw replayStopped();
}

/** Writes by SQL what goes that way of a run and is not there yet. */
async function commit(
  { plan, found }: PreparedLife,
  isStreamed: boolean,
  pacer: Pacer | undefined,
  live: LiveOptions,
): Promise<void> {
  if (found === "all but its state") {
    // Without JetStream this time, its state is written by SQL as well.
    if (!isStreamed) await liveAtOnce(remainderBySql(plan), live);
    return;
  }
  const bySql = isStreamed ? withoutStates(plan) : plan;
  await (pacer === undefined ? liveAtOnce(bySql, live) : livePaced(bySql, pacer, live));
}

/** Writes down that the runs are complete whose state is as it was put, and returns the others. */
async function complete(
  plans: readonly Plan[],
  { database, times }: LiveAllOptions,
): Promise<ReadonlySet<Plan>> {
  const others = new Set<Plan>();
  for (const plan of plans) {
    const { differences } = await verifyStates(database, plan, times);
    if (differences.length > 0) others.add(plan);
    else await writeCompletion(database, plan, times);
  }
  return others;
}

async function writeCompletion(database: Database, plan: Plan, times: StatementTimes): Promise<void> {
  try {
    await database.transaction((transaction) => writeBeat(transaction, completionOf(plan), times));
  } catch (error) {
    throw advisedError(error, `write that run ${plan.key} is complete`);
  }
}
