import { ClientError } from "../errors/client-error.ts";
import type { EventHub } from "../events/event-hub.ts";
import { jsonText } from "../json/json-text.ts";
import type { ClaimedTask } from "../tasks/claimed-task.ts";
import type { TaskDependency } from "../tasks/task-dependencies.ts";
import { isAnyReady } from "../tasks/work/is-any-ready.ts";
import { nextRunIn } from "../tasks/work/next-run-in.ts";
import { nextTokenIn } from "../tasks/work/next-token-in.ts";
import { releaseTasks } from "../tasks/work/release-tasks.ts";
import { Attempt, type AttemptHost } from "./attempt.ts";
import { bell } from "./bell.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { type Duties, seeTo } from "./duties.ts";
import type { Lane } from "./lane.ts";
import { lanesOf } from "./lanes-of.ts";
import { type FailureAnswer, outcomesOf } from "./outcomes.ts";
import { pollPace } from "./poll-pace.ts";
import { Pulse, type PulseHost } from "./pulse.ts";
import { runHandler } from "./run-handler.ts";
import { FatalTaskError, type RetryWish, retryWish } from "./task-error.ts";
import { thrownRecord } from "./thrown.ts";
import { rotation } from "./type-rotation.ts";
import type { WorkerEvents } from "./worker-events.ts";
import type { WorkerSettings } from "./worker-options.ts";
import type { WorkerPorts } from "./worker-ports.ts";
import { reasonToEnd } from "./worker-reasons.ts";

/** What an engine is made of. */
export interface EngineParts {
  readonly agentId: string;
  readonly settings: WorkerSettings;
  readonly ports: WorkerPorts;
  readonly hub: EventHub<WorkerEvents>;
}

/** Shorter waits are not worth asking when the next delayed task is due. */
const worthAskingMs = 250;
/** How long it is believed that no type has a rate, in milliseconds. */
const unratedMs = 2_000;
/** How long a stop waits for the database at least, whatever its time of grace, in milliseconds. */
const leastFlushMs = 2_000;

/** A worker from its start to its stop. */
export class Engine implements AttemptHost, PulseHost {
  /** The leases it holds, by task. */
  readonly held = new Map<string, Attempt>();
  /** Attempts whose handlers have a place. */
  readonly #busy = new Set<Attempt>();
  readonly #parts: EngineParts;
  readonly #lanes: readonly Lane<Attempt>[];
  readonly #turn: () => readonly Lane<Attempt>[];
  readonly #outcomes: ReturnType<typeof outcomesOf>;
  readonly #work = bell();
  readonly #place = bell();
  readonly #change = bell();
  readonly #deadlines = new DeadlineTimer(() => this.#onDeadline());
  readonly #pulse: Pulse;
  readonly #duties: Duties;
  readonly #unsubscribe: () => void;
  readonly #loop: Promise<void>;
  readonly #mostHeld: number;
  /** When to ask for the rates of types, by `performance.now()`: always, while one has a rate. */
  #askRatesAt = 0;
  #mode: "working" | "draining" | "stopping" | "closed" = "working";

  constructor(parts: EngineParts) {
    const { settings, ports, hub } = parts;
    const on = ports.work;
    const types = [...settings.handlers.keys()];
    this.#parts = parts;
    this.#lanes = lanesOf(on, parts.agentId, settings);
    this.#turn = rotation(this.#lanes);
    this.#outcomes = outcomesOf(on);
    this.#mostHeld = 4 * settings.concurrency + 2 * settings.prefetch * this.#lanes.length;
    this.#pulse = new Pulse(ports.background, this, settings);
    this.#duties = seeTo(ports.duties, ({ name }, error) => hub.emit("error", { doing: name, error }));
    this.#unsubscribe = ports.arrivals.subscribe(types, () => this.#work.ring());
    this.#loop = this.#claimAndStart();
  }

  /** Works until nothing is ready any more. */
  async drain(): Promise<void> {
    if (this.#mode === "working") this.#mode = "draining";
    this.#work.ring();
    await this.#loop;
  }

  async stop(): Promise<void> {
    const { settings } = this.#parts;
    this.#mode = "stopping";
    this.#unsubscribe();
    this.#duties.stop();
    this.#work.ring();
    this.#place.ring();
    const until = performance.now() + settings.graceMs;
    let isLooping = true;
    void this.#loop.then(() => {
      isLooping = false;
      this.#change.ring();
    });
    // A claim under way must not take again what is given back here.
    await this.#until(performance.now() + leastFlushMs, () => !isLooping);
    this.#mode = "closed";
    await this.#giveBackWaiting();
    await this.#until(until, () => this.#busy.size === 0);
    await this.#abortAll();
    await this.#until(Math.max(until, performance.now() + leastFlushMs), () => this.held.size === 0);
    this.#giveUpOutcomes();
    this.#pulse.stop();
    this.#deadlines.stop();
  }

  // ---- claiming

  async #claimAndStart(): Promise<void> {
    const pace = pollPace(this.#parts.settings.pollIntervalMs.min, this.#parts.settings.pollIntervalMs.max);
    const trouble = pollPace(100, 5_000);
    while (this.#isClaiming()) {
      if (this.#lanes.every((lane) => this.#room(lane) < 1)) {
        await this.#place.wait();
        continue;
      }
      try {
        if (await this.#claimRound()) pace.reset();
        else if (this.#mode === "draining") {
          if (await this.#isDrained()) return;
        } else await this.#idle(pace.next());
        trouble.reset();
      } catch (error) {
        await this.#pause(trouble.next(), error);
      }
    }
  }

  // TypeScript believes that a mode that was read once stays.
  #isClaiming(): boolean {
    return this.#mode === "working" || this.#mode === "draining";
  }

  /** Returns whether any task was claimed. */
  async #claimRound(): Promise<boolean> {
    let count = 0;
    for (const lane of this.#turn()) {
      const limit = this.#room(lane);
      if (limit < 1) continue;
      if (!this.#isClaiming()) break;
      const { tasks, sentAt } = await lane.desk.claim(limit, this.#mode === "draining");
      this.#take(lane, tasks, sentAt);
      count += tasks.length;
    }
    return count > 0;
  }

  /** How many tasks of a lane to claim now. */
  #room(lane: Lane<Attempt>): number {
    const { concurrency } = this.#parts.settings;
    // Many at once rather than again and again a few.
    if (lane.prefetch > 0 && lane.waiting.length > lane.prefetch / 2) return 0;
    const places = Math.min(concurrency - this.#busy.size, lane.concurrency - lane.running);
    const room = Math.max(places, 0) + lane.prefetch - lane.waiting.length;
    return Math.min(room, this.#mostHeld - this.held.size);
  }

  #take(lane: Lane<Attempt>, tasks: readonly ClaimedTask[], sentAt: number): void {
    if (tasks.length === 0) return;
    for (const task of tasks) {
      const older = this.held.get(task.taskId);
      if (older !== undefined) this.onLost(older, reasonToEnd.leaseLost(older.taskId, older.fencingToken));
      const attempt = new Attempt(task, lane, this, sentAt);
      this.held.set(task.taskId, attempt);
      lane.waiting.push(attempt);
    }
    this.#parts.hub.emit("claimed", { count: tasks.length });
    if (this.#mode === "closed") void this.#giveBackWaiting();
    else this.#startWaiting();
  }

  async #idle(delayMs: number): Promise<void> {
    const { agentId, settings, hub, ports } = this.#parts;
    const on = ports.work;
    let waitMs = delayMs;
    if (delayMs > worthAskingMs) {
      const next = await nextRunIn(on, { agentId, taskTypes: [...settings.handlers.keys()] });
      if (next !== null) waitMs = Math.min(waitMs, Math.max(Math.ceil(next), 1));
    }
    if (performance.now() >= this.#askRatesAt) waitMs = Math.min(waitMs, await this.#nextTokenIn());
    hub.emit("idle", { delayMs: waitMs });
    await this.#work.wait(waitMs);
  }

  /** In how many milliseconds a task that a rate holds back may be claimed; infinity for never. */
  async #nextTokenIn(): Promise<number> {
    // What has no room would not be claimed.
    const taskTypes = this.#lanes.filter((lane) => this.#room(lane) > 0).flatMap((lane) => lane.taskTypes);
    if (taskTypes.length === 0) return Number.POSITIVE_INFINITY;
    const { agentId, ports, settings } = this.#parts;
    const { isRated, inMs } = await nextTokenIn(ports.work, { agentId, taskTypes });
    if (!isRated && taskTypes.length === settings.handlers.size)
      this.#askRatesAt = performance.now() + unratedMs;
    return inMs === null ? Number.POSITIVE_INFINITY : Math.max(Math.ceil(inMs), 1);
  }

  async #isDrained(): Promise<boolean> {
    const { agentId, settings, ports } = this.#parts;
    const on = ports.work;
    if (
      this.held.size === 0 &&
      !(await isAnyReady(on, { agentId, taskTypes: [...settings.handlers.keys()] }))
    )
      return true;
    await this.#work.wait(settings.pollIntervalMs.min);
    return false;
  }

  async #pause(delayMs: number, error: unknown): Promise<void> {
    this.#parts.hub.emit("error", { doing: "claim tasks", error });
    const until = performance.now() + delayMs;
    // Enqueues and ends of tasks must not hurry it.
    while (this.#isClaiming() && performance.now() < until) await this.#work.wait(until - performance.now());
  }

  // ---- handlers

  #startWaiting(): void {
    const { concurrency } = this.#parts.settings;
    if (this.#mode === "stopping" || this.#mode === "closed") return;
    let hasStarted = true;
    while (hasStarted && this.#busy.size < concurrency) {
      hasStarted = false;
      for (const lane of this.#lanes) {
        if (lane.running >= lane.concurrency || this.#busy.size >= concurrency) continue;
        const attempt = lane.waiting.shift();
        if (attempt === undefined) continue;
        hasStarted = true;
        this.#start(attempt);
      }
    }
    this.#place.ring();
  }

  #start(attempt: Attempt): void {
    const { task, lane } = attempt;
    attempt.state = "running";
    attempt.startedAt = performance.now();
    attempt.deadline = attempt.startedAt + task.maxExecutionMs;
    this.#busy.add(attempt);
    lane.running += 1;
    this.#deadlines.expect(attempt.deadline);
    if (this.#parts.hub.heard("started")) this.#parts.hub.emit("started", { task });
    this.#run(attempt).catch((error: unknown) => this.#onStuck(attempt, error));
  }

  async #run(attempt: Attempt): Promise<void> {
    let text: string | undefined;
    try {
      const result = await runHandler(this.#parts.settings.handlers, attempt);
      // What is no JSON now will be none the next time, and the work is done.
      if (result !== undefined && result !== null) text = resultText(attempt, result);
    } catch (error) {
      this.#onThrown(attempt, error);
      return;
    }
    this.#leavePlace(attempt);
    if (attempt.state === "running") {
      attempt.state = "ending";
      attempt.resultText = text;
      this.#outcomes.completions.post(attempt);
    }
    this.#startWaiting();
  }

  #onThrown(attempt: Attempt, error: unknown): void {
    this.#leavePlace(attempt);
    if (attempt.state === "running" && attempt.isStopped) void this.#giveBack([attempt]);
    else if (attempt.state === "running") this.#fail(attempt, error, retryWish(error));
    this.#startWaiting();
  }

  // A mistake of ours must not end the process. The lease runs out, and the task is done again.
  #onStuck(attempt: Attempt, error: unknown): void {
    this.#parts.hub.emit("error", { doing: `end an attempt at task ${attempt.taskId}`, error });
    this.#leavePlace(attempt);
    if (attempt.state === "running")
      this.onLost(attempt, reasonToEnd.leaseLost(attempt.taskId, attempt.fencingToken));
    this.#startWaiting();
  }

  #leavePlace(attempt: Attempt): void {
    if (!this.#busy.delete(attempt)) return;
    attempt.endedAt = performance.now();
    attempt.lane.running -= 1;
    this.#change.ring();
  }

  #onDeadline(): number {
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const attempt of this.#busy) {
      if (attempt.deadline > now) {
        next = Math.min(next, attempt.deadline);
        continue;
      }
      this.#abandon(attempt, reasonToAbandon(attempt, now));
    }
    this.#startWaiting();
    return next;
  }

  // Its handler goes on; what it returns is thrown away.
  #abandon(attempt: Attempt, reason: Error): void {
    attempt.abort(reason);
    this.#leavePlace(attempt);
    if (attempt.state === "running") this.#fail(attempt, reason, {});
    this.#parts.hub.emit("abandoned", { task: attempt.task, durationMs: attempt.durationMs, reason });
  }

  // ---- outcomes

  #fail(attempt: Attempt, error: unknown, wish: RetryWish): void {
    const { taskId, fencingToken, executionId } = attempt;
    const record = thrownRecord(error);
    attempt.state = "ending";
    this.#outcomes.failures.post({
      taskId,
      fencingToken,
      executionId,
      ...record,
      ...wish,
      owner: this,
      settled: (answer) => this.#onFailed(attempt, error, answer),
      refused: (refusal) => this.#onUnrecorded(attempt, refusal),
    });
  }

  onCompleted(attempt: Attempt, answer: true | undefined): void {
    if (answer === undefined) {
      this.onLost(attempt, reasonToEnd.leaseLost(attempt.taskId, attempt.fencingToken));
      return;
    }
    this.#letGo(attempt);
    const { hub } = this.#parts;
    if (hub.heard("completed")) hub.emit("completed", { task: attempt.task, durationMs: attempt.durationMs });
  }

  onRefused(attempt: Attempt, error: unknown): void {
    this.#fail(attempt, error, { mayRetry: false });
  }

  #onFailed(attempt: Attempt, error: unknown, answer: FailureAnswer | undefined): void {
    if (answer === undefined) {
      this.onLost(attempt, reasonToEnd.leaseLost(attempt.taskId, attempt.fencingToken));
      return;
    }
    this.#letGo(attempt);
    const { hub } = this.#parts;
    const { task, durationMs } = attempt;
    hub.emit("failed", { task, durationMs, error });
    if (answer.status === "failed") hub.emit("dead", { task, durationMs, error });
    else if (answer.status === "cancelled") hub.emit("cancelled", { task, durationMs });
    else hub.emit("retried", { task, durationMs, scheduledAt: answer.scheduledAt });
  }

  #onUnrecorded(attempt: Attempt, error: unknown): void {
    this.#letGo(attempt);
    this.#parts.hub.emit("error", { doing: `record the failure of task ${attempt.taskId}`, error });
  }

  onLost(attempt: Attempt, reason: Error): void {
    if (attempt.state === "over") return;
    this.#letGo(attempt);
    this.abort(attempt, reason);
    this.#parts.hub.emit("leaseLost", { task: attempt.task, durationMs: attempt.durationMs });
  }

  #letGo(attempt: Attempt): void {
    if (attempt.state === "waiting") removeFrom(attempt.lane.waiting, attempt);
    attempt.state = "over";
    if (this.held.get(attempt.taskId) === attempt) this.held.delete(attempt.taskId);
    // Its end may have made other tasks ready.
    this.#work.ring();
    this.#place.ring();
    this.#change.ring();
  }

  // ---- what the pulse and handlers tell

  onCancelRequested(attempt: Attempt): void {
    const reason = reasonToEnd.cancelled(attempt.taskId);
    if (attempt.state === "waiting") {
      removeFrom(attempt.lane.waiting, attempt);
      this.#fail(attempt, reason, { mayRetry: false });
    }
    this.abort(attempt, reason);
  }

  abort(attempt: Attempt, reason: Error): void {
    // It is asked once, and its time runs from then on.
    if (attempt.reason !== undefined) return;
    attempt.abort(reason);
    if (!this.#busy.has(attempt)) return;
    const until = performance.now() + this.#parts.settings.cancelGraceMs;
    attempt.deadline = Math.min(attempt.deadline, until);
    this.#deadlines.expect(attempt.deadline);
  }

  onTrouble(error: unknown): void {
    this.#parts.hub.emit("error", { doing: "tell the database how tasks stand", error });
  }

  async heartbeat(attempt: Attempt): Promise<void> {
    if (attempt.reason === undefined) await this.#pulse.beat([attempt]);
    if (attempt.reason !== undefined) throw attempt.reason;
  }

  dependencies(taskId: string): Promise<readonly TaskDependency[]> {
    return this.#parts.ports.dependencies(taskId);
  }

  // ---- the end

  async #giveBackWaiting(): Promise<void> {
    await this.#giveBack(this.#lanes.flatMap((lane) => lane.waiting.splice(0)));
  }

  /** Gives tasks back without counting the attempt. */
  async #giveBack(attempts: readonly Attempt[]): Promise<void> {
    const { hub, ports } = this.#parts;
    if (attempts.length === 0) return;
    for (const attempt of attempts) attempt.state = "ending";
    try {
      const released = new Set(await releaseTasks(ports.work, attempts));
      for (const attempt of attempts) {
        if (!released.has(attempt.taskId)) continue;
        this.#letGo(attempt);
        hub.emit("released", { task: attempt.task, durationMs: attempt.durationMs });
      }
    } catch (error) {
      hub.emit("error", { doing: "give tasks back", error });
    }
    for (const attempt of attempts)
      this.onLost(attempt, reasonToEnd.leaseLost(attempt.taskId, attempt.fencingToken));
  }

  async #abortAll(): Promise<void> {
    if (this.#busy.size === 0) return;
    for (const attempt of this.#busy) {
      attempt.isStopped = true;
      attempt.abort(reasonToEnd.stopping(attempt.taskId));
    }
    await this.#until(performance.now() + this.#parts.settings.abortGraceMs, () => this.#busy.size === 0);
    // Their handlers go on; what they return is thrown away.
    const left = [...this.#busy].filter(({ state }) => state === "running");
    await this.#giveBack(left);
  }

  #giveUpOutcomes(): void {
    const count = this.#outcomes.completions.takeBack(this) + this.#outcomes.failures.takeBack(this);
    if (count === 0) return;
    this.#parts.hub.emit("error", {
      doing: "tell the database how tasks stand",
      error: new ClientError(
        "TIMEOUT",
        `the outcomes of ${count} tasks could not be recorded before the worker stopped`,
        {
          hint: "The tasks are done again when their leases have run out.",
        },
      ),
    });
  }

  async #until(until: number, holds: () => boolean): Promise<void> {
    while (!holds()) {
      const leftMs = until - performance.now();
      if (leftMs <= 0) return;
      await this.#change.wait(leftMs);
    }
  }
}

function resultText(attempt: Attempt, result: unknown): string {
  try {
    return jsonText(result, `the result of task ${attempt.taskId}`);
  } catch (error) {
    throw new FatalTaskError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** Why an attempt is over whose handler has not ended: what the handler was told, but for a stop, which has a time of its own. */
function reasonToAbandon(attempt: Attempt, now: number): Error {
  const { taskId, task, startedAt, reason, isStopped } = attempt;
  const overdue = reasonToEnd.overdue(taskId, task.maxExecutionMs);
  const isOverdue = now >= startedAt + task.maxExecutionMs;
  return reason === undefined || (isOverdue && isStopped) ? overdue : reason;
}

function removeFrom(list: Attempt[], attempt: Attempt): void {
  const at = list.indexOf(attempt);
  if (at !== -1) list.splice(at, 1);
}
