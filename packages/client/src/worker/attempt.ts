import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import { attemptOf } from "../tasks/attempt-of.ts";
import type { ClaimedTask } from "../tasks/claimed-task.ts";
import type { TaskDependency } from "../tasks/task-dependencies.ts";
import { timeOrderedId } from "../tasks/time-ordered-id.ts";
import type { Lane } from "./lane.ts";
import type { OutboxOwner } from "./outbox.ts";
import type { PostedCompletion } from "./outcomes.ts";
import type { TaskContext } from "./task-context.ts";

/** What attempts need from their worker. */
export interface AttemptHost extends OutboxOwner {
  /** The database has answered to the attempt's result; undefined: the attempt was not this worker's any more. */
  onCompleted(attempt: Attempt, answer: true | undefined): void;
  /** The database will never take the attempt's result. */
  onRefused(attempt: Attempt, error: unknown): void;
  heartbeat(attempt: Attempt): Promise<void>;
  dependencies(taskId: string): Promise<readonly TaskDependency[]>;
}

/**
 * Where an attempt is.
 *
 * `waiting`: claimed ahead, no handler yet. `running`. `ending`: its outcome is on the way to the database. `over`: its
 * outcome is decided, or it is no longer this worker's; what its handler returns is thrown away.
 */
export type AttemptState = "waiting" | "running" | "ending" | "over";

/**
 * One attempt at a task, from its claim to its end. There is one for each task that passes: what is not needed by every
 * attempt is made when it is asked for.
 */
export class Attempt implements TaskContext, PostedCompletion {
  readonly task: ClaimedTask;
  readonly lane: Lane<Attempt>;
  state: AttemptState = "waiting";
  /** When the server last heard of it for sure, by `performance.now()`. */
  heardAt: number;
  /** When the handler began, by `performance.now()`. */
  startedAt = 0;
  endedAt = 0;
  /** When its place is another's, whether or not the handler has ended, by `performance.now()`. */
  deadline = Number.POSITIVE_INFINITY;
  /** Whether its handler has one of the places of the worker. */
  hasPlace = false;
  /** Whether the worker has aborted it because it stops. */
  isStopped = false;
  /** What its handler last said of its progress, as JSON text, while it is not on record. */
  newProgress: string | undefined;
  /** What its handler returned, as JSON text. */
  resultText: string | undefined;
  readonly owner: AttemptHost;
  #executionId: string | undefined;
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  constructor(task: ClaimedTask, lane: Lane<Attempt>, host: AttemptHost, heardAt: number) {
    this.task = task;
    this.lane = lane;
    this.owner = host;
    this.heardAt = heardAt;
  }

  get taskId(): string {
    return this.task.taskId;
  }

  get taskType(): string {
    return this.task.taskType;
  }

  get fencingToken(): bigint {
    return this.task.fencingToken;
  }

  get executionId(): string {
    this.#executionId ??= timeOrderedId();
    return this.#executionId;
  }

  get attempt(): number {
    return attemptOf(this.task.fencingToken);
  }

  get durationMs(): number {
    return this.startedAt === 0
      ? 0
      : (this.endedAt === 0 ? performance.now() : this.endedAt) - this.startedAt;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Why it should end; undefined while it may go on. */
  get reason(): Error | undefined {
    return this.#reason;
  }

  abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  settled(answer: true | undefined): void {
    this.owner.onCompleted(this, answer);
  }

  refused(error: unknown): void {
    this.owner.onRefused(this, error);
  }

  // Functions that may be taken out of the context, made for those handlers that ask for them.
  get progress(): (value: JsonInput) => void {
    return (value) => {
      this.newProgress = jsonText(value, `the progress of task ${this.taskId}`);
    };
  }

  get heartbeat(): () => Promise<void> {
    return () => this.owner.heartbeat(this);
  }

  get dependencies(): () => Promise<readonly TaskDependency[]> {
    return () => this.owner.dependencies(this.taskId);
  }
}
