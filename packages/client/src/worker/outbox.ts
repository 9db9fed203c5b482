import { DatabaseError } from "@mister-smith/errors";
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
  /** Sends them together; answers by task, without those that are not held any more. All or nothing. */
  send(entries: readonly Entry[]): Promise<ReadonlyMap<string, Answer>>;
  /** Answers for those that were sent before, perhaps with effect, and are not held any more. */
  lookUp(entries: readonly Entry[]): Promise<ReadonlyMap<string, Answer>>;
}

/** The most outcomes of one statement. */
const largestBatch = 1_000;

/** From how many waiting outcomes on a second statement beside the first is worth it. */
const worthAnother = 256;
/** How long a statement may take until others no longer wait for it, in milliseconds: it may wait for somebody's lock. */
const stalledMs = 1_000;
/** The most statements at once. */
const mostFlights = 3;

/**
 * Sends outcomes: those that come while a statement is under way go together into the next one. What cannot be sent now is
 * sent later, again and again; what spoils a statement for the others is sent alone.
 */
export class Outbox<Entry extends Posted<Answer>, Answer> {
  readonly #route: OutboxRoute<Entry, Answer>;
  readonly #pace = pollPace(100, 2_000);
  /** Sent before, and nobody knows whether with effect. */
  readonly #doubtful = new WeakSet<Entry>();
  #waiting: Entry[] = [];
  #flights = 0;
  #lastSentAt = 0;

  constructor(route: OutboxRoute<Entry, Answer>) {
    this.#route = route;
  }

  post(entry: Entry): void {
    this.#waiting.push(entry);
    if (!this.#isFlightDue()) return;
    this.#flights += 1;
    this.#lastSentAt = performance.now();
    queueMicrotask(() => void this.#run());
  }

  /** Gives up what an owner has waiting here. Returns how many that are. */
  takeBack(owner: OutboxOwner): number {
    const before = this.#waiting.length;
    this.#waiting = this.#waiting.filter((entry) => entry.owner !== owner);
    return before - this.#waiting.length;
  }

  #isFlightDue(): boolean {
    if (this.#flights === 0) return true;
    if (this.#flights >= mostFlights) return false;
    if (performance.now() - this.#lastSentAt > stalledMs) return true;
    return this.#flights === 1 && this.#waiting.length >= worthAnother;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      this.#lastSentAt = performance.now();
      const delayed = await this.#deliver(batch);
      if (delayed.length === 0) this.#pace.reset();
      else {
        this.#waiting = [...delayed, ...this.#waiting];
        await new Promise((resolve) => setTimeout(resolve, this.#pace.next()));
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
  async #deliver(batch: readonly Entry[]): Promise<readonly Entry[]> {
    try {
      const answers = await this.#route.send(batch);
      const doubtful = batch.filter((entry) => !answers.has(entry.taskId) && this.#doubtful.has(entry));
      const earlier = doubtful.length === 0 ? undefined : await this.#route.lookUp(doubtful);
      for (const entry of batch) entry.settled(answers.get(entry.taskId) ?? earlier?.get(entry.taskId));
      return [];
    } catch (error) {
      const verdict = verdictOn(error);
      if (batch.length > 1 && verdict !== "wait") {
        const delayed: Entry[] = [];
        for (const entry of batch) delayed.push(...(await this.#deliver([entry])));
        return delayed;
      }
      if (verdict === "refuse") {
        for (const entry of batch) entry.refused(error);
        return [];
      }
      for (const entry of batch) this.#doubtful.add(entry);
      for (const owner of new Set(batch.map((entry) => entry.owner))) owner.onTrouble(error);
      return batch;
    }
  }
}

/**
 * What a failure means for those that were sent together. `refuse`: one of them will never be taken. `alone`: one of them
 * meets somebody else's lock. `wait`: it is trouble with the database, which passes.
 */
function verdictOn(error: unknown): "refuse" | "alone" | "wait" {
  if (error instanceof ClientError)
    return error.code === "INVALID_INPUT" || error.code === "CLOSED" ? "refuse" : "wait";
  if (!(error instanceof DatabaseError)) return "refuse";
  if (error.errorClass === "conflict" || error.errorClass === "lock-timeout") return "alone";
  // Without a code it is the way to the server that has failed.
  return error.sqlState !== undefined && faultsOfOne.has(error.errorClass) ? "refuse" : "wait";
}

const faultsOfOne: ReadonlySet<string> = new Set(["data", "constraint", "other"]);
