import { setTimeout as pause } from "node:timers/promises";
import { DatabaseError, isRefusalOfValues } from "@mister-smith/errors";
import { ClientError } from "../errors/client-error.ts";
import { pollPace } from "./poll-pace.ts";

/** An outcome on its way to the database. */
export interface Posted<Answer> {
  readonly taskId: string;
  /** Whose it is, to take back all that is on its way for one worker. */
  readonly owner: OutboxOwner;
  /** The database has answered; undefined: the attempt was not this worker's any more. */
  settled(answer: Answer | undefined): void;
  /** The database will never take it. */
  refused(error: unknown): void;
}

/** Who posts outcomes. */
export interface OutboxOwner {
  /** A statement has failed and is tried again. */
  onTrouble(error: unknown): void;
}

/** How outcomes of one kind are sent. */
export interface OutboxRoute<Entry, Answer> {
  /**
   * Sends them together; answers by task, without those that are not held any more. All or nothing.
   *
   * @param lockWaitMs how long the statement may wait for a lock of somebody else, in milliseconds
   */
  send(entries: readonly Entry[], lockWaitMs: number): Promise<ReadonlyMap<string, Answer>>;
  /** Answers for those that were sent before, perhaps with effect, and are not held any more. */
  lookUp(entries: readonly Entry[]): Promise<ReadonlyMap<string, Answer>>;
}

/** The most outcomes of one statement. */
const largestBatch = 1_000;

/** From how many waiting outcomes on a second statement beside the first is worth it. */
const worthAnother = 256;
/** How long a statement may take until others no longer wait for it, and how long it waits for a lock, in milliseconds. */
const stalledMs = 1_000;
/** How long each waits for a lock that is sent alone after a statement of many has met one, in milliseconds. */
const aloneLockWaitMs = 10;
/** How long one waits for the lock that it has met before, in milliseconds. */
const heldLockWaitMs = 100;
/** How often owners are told that outcomes are still kept back by a lock, in milliseconds. */
const remindMs = 10_000;
/** The most statements at once, without those for what a lock keeps back. */
const mostFlights = 3;

/** Why a statement has failed, and what that means for those that were sent with it. */
interface Failure {
  readonly verdict: "refuse" | "alone" | "wait";
  readonly error: unknown;
}

/**
 * Sends outcomes: those that come while a statement is under way go together into the next one. What cannot be sent now is
 * sent later, again and again; what spoils a statement for the others is sent alone; and what somebody's lock keeps back is
 * tried beside the others, so that none waits with it.
 */
export class Outbox<Entry extends Posted<Answer>, Answer> {
  readonly #route: OutboxRoute<Entry, Answer>;
  readonly #pace = pollPace(100, 2_000);
  /** Sent before, and nobody knows whether with effect. */
  readonly #doubtful = new WeakSet<Entry>();
  #waiting: Entry[] = [];
  /** What has met somebody's lock when it was sent alone. */
  readonly #held = new Set<Entry>();
  #isTryingHeld = false;
  #flights = 0;
  /** How many of the flights wait until trouble with the database has passed. */
  #pausing = 0;
  #lastSentAt = 0;
  #lookAgain: NodeJS.Timeout | undefined;

  constructor(route: OutboxRoute<Entry, Answer>) {
    this.#route = route;
  }

  post(entry: Entry): void {
    this.#waiting.push(entry);
    this.#startIfDue();
  }

  /** Gives up what an owner has waiting here. Returns how many that are. */
  takeBack(owner: OutboxOwner): number {
    const before = this.#waiting.length + this.#held.size;
    this.#waiting = this.#waiting.filter((entry) => entry.owner !== owner);
    for (const entry of this.#held) if (entry.owner === owner) this.#held.delete(entry);
    return before - this.#waiting.length - this.#held.size;
  }

  #startIfDue(): void {
    if (this.#waiting.length === 0) return;
    if (this.#isFlightDue()) {
      this.#flights += 1;
      this.#lastSentAt = performance.now();
      queueMicrotask(() => void this.#run());
    } else if (this.#flights < mostFlights && this.#lookAgain === undefined) {
      // Perhaps nothing more is posted: then nothing else would notice that the statement under way has stalled.
      const inMs = this.#lastSentAt + stalledMs - performance.now();
      this.#lookAgain = setTimeout(() => {
        this.#lookAgain = undefined;
        this.#startIfDue();
      }, Math.max(inMs, 0) + 1).unref();
    }
  }

  #isFlightDue(): boolean {
    if (this.#flights === 0) return true;
    if (this.#flights >= mostFlights || this.#pausing > 0) return false;
    if (performance.now() - this.#lastSentAt > stalledMs) return true;
    return this.#flights === 1 && this.#waiting.length >= worthAnother;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      this.#lastSentAt = performance.now();
      this.#startIfDue();
      const delayed = await this.#deliver(batch, stalledMs);
      if (delayed.length === 0) this.#pace.reset();
      else {
        this.#waiting = [...delayed, ...this.#waiting];
        this.#pausing += 1;
        await pause(this.#pace.next());
        this.#pausing -= 1;
      }
    }
    this.#flights -= 1;
  }

  // Two attempts at one task must not meet in a statement: its answer tells tasks apart, not attempts.
  #nextBatch(): Entry[] {
    const batch: Entry[] = [];
    const left: Entry[] = [];
    const tasks = new Set<string>();
    for (const entry of this.#waiting) {
      if (batch.length === largestBatch || tasks.has(entry.taskId)) left.push(entry);
      else {
        tasks.add(entry.taskId);
        batch.push(entry);
      }
    }
    this.#waiting = left;
    return batch;
  }

  /** Returns what is to be sent again. */
  async #deliver(batch: readonly Entry[], lockWaitMs: number): Promise<readonly Entry[]> {
    const failure = await this.#send(batch, lockWaitMs);
    if (failure === undefined) return [];
    if (batch.length > 1 && failure.verdict !== "wait") {
      const delayed: Entry[] = [];
      for (const entry of batch) delayed.push(...(await this.#deliver([entry], aloneLockWaitMs)));
      return delayed;
    }
    if (failure.verdict === "wait") tellOwners(batch, failure.error);
    else for (const entry of batch) this.#setAside(entry, failure);
    return failure.verdict === "wait" ? batch : [];
  }

  #setAside(entry: Entry, { verdict, error }: Failure): void {
    if (verdict === "refuse") {
      entry.refused(error);
      return;
    }
    this.#held.add(entry);
    if (this.#isTryingHeld) return;
    this.#isTryingHeld = true;
    void this.#tryHeld();
  }

  // One after the other: each is tried as soon as the one before is let go, and a lock that is held costs one connection.
  async #tryHeld(): Promise<void> {
    const pace = pollPace(20, 500);
    let toldAt = Number.NEGATIVE_INFINITY;
    while (this.#held.size > 0) {
      const before = this.#held.size;
      let trouble: unknown;
      for (const entry of [...this.#held]) trouble = (await this.#tryOne(entry)) ?? trouble;
      if (this.#held.size > 0 && performance.now() - toldAt > remindMs) {
        tellOwners(this.#held, trouble);
        toldAt = performance.now();
      }
      if (this.#held.size < before) pace.reset();
      else await pause(pace.next());
    }
    this.#isTryingHeld = false;
  }

  /** Returns why the outcome is still not recorded. */
  async #tryOne(entry: Entry): Promise<unknown> {
    // Taken back meanwhile.
    if (!this.#held.has(entry)) return undefined;
    const failure = await this.#send([entry], heldLockWaitMs);
    if (failure !== undefined && failure.verdict !== "refuse") return failure.error;
    this.#held.delete(entry);
    if (failure !== undefined) entry.refused(failure.error);
    return undefined;
  }

  /** Tells those that were sent how that ended; returns why it failed. */
  async #send(batch: readonly Entry[], lockWaitMs: number): Promise<Failure | undefined> {
    try {
      const answers = await this.#route.send(batch, lockWaitMs);
      const doubtful = batch.filter((entry) => !answers.has(entry.taskId) && this.#doubtful.has(entry));
      const earlier = doubtful.length === 0 ? undefined : await this.#route.lookUp(doubtful);
      for (const entry of batch) entry.settled(answers.get(entry.taskId) ?? earlier?.get(entry.taskId));
      return undefined;
    } catch (error) {
      const verdict = verdictOn(error);
      if (verdict === "wait") for (const entry of batch) this.#doubtful.add(entry);
      return { verdict, error };
    }
  }
}

function tellOwners(entries: Iterable<Posted<never>>, error: unknown): void {
  for (const owner of new Set([...entries].map((entry) => entry.owner))) owner.onTrouble(error);
}

/**
 * What a failure means for those that were sent together. `refuse`: one of them will never be taken. `alone`: one of them
 * meets somebody else's lock. `wait`: it is trouble with the database, which passes.
 */
function verdictOn(error: unknown): Failure["verdict"] {
  if (error instanceof ClientError)
    return error.code === "INVALID_INPUT" || error.code === "CLOSED" ? "refuse" : "wait";
  if (!(error instanceof DatabaseError)) return "refuse";
  if (error.errorClass === "conflict" || error.errorClass === "lock-timeout") return "alone";
  // Without a code it is the way to the server that has failed.
  if (error.sqlState === undefined) return "wait";
  return isRefusalOfValues(error.cause) || error.errorClass === "other" ? "refuse" : "wait";
}
