import type { Database, Queryable, TransactionOptions } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { advisedError } from "../database/advised-error.ts";
import type { Pacer } from "./pacer.ts";
import type { Beat, Plan } from "./plan/plan.ts";
import { removeRun } from "./remove-run.ts";
import type { StatementTimes } from "./statement-times.ts";
import { writeBeat } from "./write-beat.ts";

/** What living a run needs beside its plan. */
export interface LiveOptions {
  readonly database: Database;
  /** How long the removal of an unfinished run waits for a server. */
  readonly connectTimeoutMs: number;
  readonly times: StatementTimes;
  /** Aborted to stop: what was written of the run goes away again. */
  readonly signal: AbortSignal;
  /** Called after every step. */
  readonly onStep?: () => void;
}

/** Lives a run as fast as the database lets it, in one transaction: all of it is there afterwards, or nothing. */
export async function liveAtOnce(plan: Plan, options: LiveOptions): Promise<void> {
  const place = new Place(plan);
  try {
    await options.database.transaction(async (transaction) => {
      for (const beat of plan.beats) await live(transaction, beat, place, options);
    }, onceOnly(options));
  } catch (error) {
    throw options.signal.aborted ? replayStopped() : advisedError(error, place.doing());
  }
}

/**
 * Lives a run step by step, each event in a transaction of its own, so that no transaction is open while the pacer
 * waits. When it fails or is stopped, what was written is deleted again. Where that is impossible too (the process
 * was killed, the server is gone), the agents say that their replay is still running, and the next replay of the
 * run removes what is left before it begins.
 */
export async function livePaced(plan: Plan, pacer: Pacer, options: LiveOptions): Promise<void> {
  const place = new Place(plan);
  try {
    for (const beat of plan.beats) {
      if (beat.step !== undefined) await pacer(options.signal);
      await options.database.transaction(
        (transaction) => live(transaction, beat, place, options),
        onceOnly(options),
      );
    }
  } catch (error) {
    const failure = options.signal.aborted ? replayStopped() : advisedError(error, place.doing());
    await removeAfter(failure, plan, options);
    throw failure;
  }
}

async function live(
  transaction: Queryable,
  beat: Beat,
  place: Place,
  { times, signal, onStep }: LiveOptions,
): Promise<void> {
  if (signal.aborted) throw replayStopped();
  place.beat = beat;
  await writeBeat(transaction, beat, times);
  if (beat.step !== undefined) onStep?.();
}

// A run that was refused is told as such, and what happens once more is counted once more.
function onceOnly({ signal }: LiveOptions): TransactionOptions {
  return { signal, retries: 0 };
}

async function removeAfter(failure: SmithError, plan: Plan, options: LiveOptions): Promise<void> {
  const { database, connectTimeoutMs } = options;
  try {
    await database.ready({ timeoutMs: connectTimeoutMs });
    await removeRun(database, plan);
  } catch (error) {
    const left = advisedError(error, `remove what was written of run ${plan.key}`);
    throw new SmithError("RUN_LEFT_BEHIND", `${failure.message}; and ${left.message}`, {
      cause: failure,
      hint: "Replay the run again when the database is back: it removes what is left before it begins.",
      details: { run: plan.key },
    });
  }
}

/** The error of a replay that was told to stop. */
export function replayStopped(): SmithError {
  return new SmithError("REPLAY_STOPPED", "the replay was stopped", {
    hint: "A run that was not committed left nothing behind; run the same command again for the rest.",
  });
}

/** Where in a run we are, for messages. */
class Place {
  readonly #plan: Plan;
  beat: Beat | undefined;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  doing(): string {
    const step = this.beat?.step;
    return `write ${step === undefined ? "" : `step ${step} of `}run ${this.#plan.key} (${this.#plan.file})`;
  }
}
