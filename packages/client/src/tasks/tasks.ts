import type { Executor } from "../executor/executor.ts";
import type { Page } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { cancelTasks, pauseTasks, redriveTasks, resumeTasks, type TaskOutcome } from "./change-tasks.ts";
import { type DeadLetter, type DeadLettersInput, deadLetters } from "./dead-letters.ts";
import { type EnqueuedTask, enqueueTasks } from "./enqueue-tasks.ts";
import { type FindTasksInput, findTasks } from "./find-tasks.ts";
import { getTask } from "./get-task.ts";
import {
  maintainTasks,
  type PruneTasks,
  pruneTasks,
  repairTasks,
  type TaskMaintenance,
} from "./maintain-tasks.ts";
import type { NewDependency, NewTask } from "./new-task.ts";
import { type Reschedule, rescheduleTasks } from "./reschedule-tasks.ts";
import { runDueSchedules, type ScheduleRun } from "./run-due-schedules.ts";
import {
  listSchedules,
  removeSchedule,
  type Schedule,
  type ScheduleInput,
  setSchedule,
} from "./schedules.ts";
import { streamTasks } from "./stream-tasks.ts";
import type { Task, TaskExecution } from "./task.ts";
import { addTaskDependencies, type TaskDependency, taskDependencies } from "./task-dependencies.ts";
import { type TaskDependent, taskDependents } from "./task-dependents.ts";
import { taskExecutions } from "./task-executions.ts";
import type { TaskFilter } from "./task-filter.ts";
import { type RunningTask, runningTasks, type TaskBacklog, taskBacklog } from "./task-overview.ts";
import { type TaskStanding, taskStanding } from "./task-standing.ts";
import type { TaskWork } from "./task-work.ts";
import {
  listTypeLimits,
  removeTypeLimits,
  setTypeLimits,
  type TypeLimits,
  type TypeLimitsInput,
} from "./type-limits.ts";
import { taskWorkOn } from "./work/task-work-on.ts";

/**
 * The task queue: durable, in order of priority and age, with an attempt on record for every time a task was worked on.
 *
 * A task is worked on at least once: by one worker at a time, and again when its worker was not heard of until its
 * lease ran out. {@link createWorker} runs handlers; the rest is here. Every method works in a transaction of one's own.
 */
export interface Tasks extends TaskWork {
  /**
   * Enqueues a task. On a database, calls that come while another one runs go together into one statement; in a
   * transaction the task is there when the transaction is committed, or not at all.
   *
   * @throws ClientError `INVALID_INPUT`; `NOT_FOUND` when an agent, the parent or a task it is to wait for does not exist;
   *   `ALREADY_EXISTS` when a task of another type has its identifier; `DEPENDENCY_CYCLE`
   */
  enqueue(task: NewTask, options?: QueryOptions): Promise<EnqueuedTask>;
  /** Enqueues up to 10,000 tasks in one statement, all of them or none; answers in their order. As {@link Tasks.enqueue}. */
  enqueueMany(tasks: readonly NewTask[], options?: QueryOptions): Promise<readonly EnqueuedTask[]>;

  /** Reads a task; null when there is none. */
  get(taskId: string, options?: QueryOptions): Promise<Task | null>;
  /**
   * Finds tasks, page by page, by descending identifier. That is newest first as long as nobody gives tasks identifiers
   * of their own: those made here grow with time. By a filter that no index serves the whole queue is read: see
   * {@link Tasks.running}, {@link Tasks.backlog} and {@link Tasks.deadLetters} for the usual questions.
   */
  find(input?: FindTasksInput, options?: QueryOptions): Promise<Page<Task>>;
  /** All tasks that meet the filter, one after the other, in no order, as of one moment. */
  stream(filter?: TaskFilter, options?: QueryOptions): AsyncIterable<Task>;
  /** The attempts of a task that have ended, in their order. The one that runs is among {@link Tasks.running}. */
  executions(taskId: string, options?: QueryOptions): Promise<readonly TaskExecution[]>;
  /** What a task waits for, or waited for, with what came out of it. */
  dependencies(taskId: string, options?: QueryOptions): Promise<readonly TaskDependency[]>;
  /** Who waits, or waited, for a task: the other side of {@link Tasks.dependencies}. */
  dependents(taskId: string, options?: QueryOptions): Promise<readonly TaskDependent[]>;
  /**
   * Where a task stands: who works on it, from when on it may be claimed, what holds it up still. Null when there is
   * none. What its type's limits say is among {@link Tasks.limits}.
   */
  standing(taskId: string, options?: QueryOptions): Promise<TaskStanding | null>;
  /** The tasks that somebody works on, the longest first, with their progress. */
  running(options?: QueryOptions): Promise<readonly RunningTask[]>;
  /** How much there is to do, by type. */
  backlog(options?: QueryOptions): Promise<readonly TaskBacklog[]>;

  /**
   * Cancels up to 10,000 tasks: those that wait at once (`cancelled`), those that run when their worker has stopped
   * (`requested`). Tasks that wait for a cancelled one go by their `onFailure`.
   */
  cancel(taskIds: readonly string[], options?: QueryOptions): Promise<readonly TaskOutcome[]>;
  /** Holds waiting tasks back until they are resumed; returns those it held. */
  pause(taskIds: readonly string[], options?: QueryOptions): Promise<readonly string[]>;
  /** Lets paused tasks go on; returns those that do. One that would wait for itself by now stays paused. */
  resume(taskIds: readonly string[], options?: QueryOptions): Promise<readonly string[]>;
  /** Changes priority or time of tasks that wait; returns those it changed. */
  reschedule(
    taskIds: readonly string[],
    change: Reschedule,
    options?: QueryOptions,
  ): Promise<readonly string[]>;
  /**
   * Lets a task that nobody works on wait for others too. False when it is too late: somebody works on it, or it has ended.
   *
   * @throws ClientError `NOT_FOUND` when one of the others does not exist; `DEPENDENCY_CYCLE`
   */
  addDependencies(
    taskId: string,
    dependencies: readonly (string | NewDependency)[],
    options?: QueryOptions,
  ): Promise<boolean>;

  /** The tasks that failed for good, newest first, page by page. */
  deadLetters(input?: DeadLettersInput, options?: QueryOptions): Promise<Page<DeadLetter>>;
  /**
   * Begins anew with tasks that failed or were cancelled, with all their retries. What was cancelled because of them stays. The
   * outcome of each says what became of it: one whose unique key is taken, or that would wait for itself, stays as it is.
   */
  redrive(taskIds: readonly string[], options?: QueryOptions): Promise<readonly TaskOutcome[]>;

  /** Limits how many tasks of a type may run at once and how often one may start, over all workers; or pauses the type. */
  setLimits(taskType: string, limits: TypeLimitsInput, options?: QueryOptions): Promise<TypeLimits>;
  /** The limits of all types that have some. */
  limits(options?: QueryOptions): Promise<readonly TypeLimits[]>;
  /** Frees a type of its limits; false when it had none. */
  removeLimits(taskType: string, options?: QueryOptions): Promise<boolean>;

  /**
   * Makes or replaces a schedule. Workers enqueue its tasks when they are due, each once. An active schedule that is set
   * again with the same expression and time zone keeps the time when it is due, also one that was missed.
   *
   * @throws ClientError `INVALID_INPUT`; `NOT_FOUND` when an agent or the parent that its task names does not exist
   */
  setSchedule(schedule: ScheduleInput, options?: QueryOptions): Promise<Schedule>;
  /** All schedules, by name. */
  schedules(options?: QueryOptions): Promise<readonly Schedule[]>;
  /** Removes a schedule; false when there is none of the name. */
  removeSchedule(name: string, options?: QueryOptions): Promise<boolean>;
  /**
   * Enqueues what is due, each run once however many call this; runs that were missed are made up for by one. A schedule
   * whose task cannot be enqueued keeps none of the others from running: its run says why, and it is due again at its
   * next time; or it is still due, when the reason may pass, as somebody's lock does, for which each waits a tenth of a
   * second at most, and after ten that waited the others hardly at all: those that stay due keep back none behind them. One whose expression is never due again is not active after its last run.
   */
  runDueSchedules(options?: QueryOptions): Promise<readonly ScheduleRun[]>;

  /**
   * Fails attempts whose lease ran out, cancels tasks that expired, and looks again at what a transaction of another
   * isolation level ended without seeing who waits for it; passes over what somebody holds. Workers call it all the time; claims that find too
   * little end attempts themselves.
   */
  maintain(options?: QueryOptions): Promise<TaskMaintenance>;
  /**
   * Removes tasks that ended long ago, with their attempts; returns how many. Reads the whole queue. One that another names as
   * its parent stays with it, as does one that another waits for, or would wait for when it is redriven: until that one is
   * completed or removed, be it by the call before.
   */
  prune(input: PruneTasks, options?: QueryOptions): Promise<number>;
  /** Makes tasks claimable again whose rows in `tasks.ready` were removed by hand; returns how many. Reads the whole queue. */
  repair(options?: QueryOptions): Promise<number>;
}

/** Binds the questions about tasks to a transaction. */
export function tasksOf(on: Executor): Tasks {
  return {
    ...taskWorkOn(on),
    enqueue: async (task, options) => {
      const [enqueued] = await enqueueTasks(on, [task], options);
      // One task, one answer.
      return enqueued as NonNullable<typeof enqueued>;
    },
    enqueueMany: (tasks, options) => enqueueTasks(on, tasks, options),
    get: (taskId, options) => getTask(on, taskId, options),
    find: (input, options) => findTasks(on, input, options),
    stream: (filter, options) => streamTasks(on, filter, options),
    executions: (taskId, options) => taskExecutions(on, taskId, options),
    dependencies: (taskId, options) => taskDependencies(on, taskId, options),
    dependents: (taskId, options) => taskDependents(on, taskId, options),
    standing: (taskId, options) => taskStanding(on, taskId, options),
    running: (options) => runningTasks(on, options),
    backlog: (options) => taskBacklog(on, options),
    cancel: (taskIds, options) => cancelTasks(on, taskIds, options),
    pause: (taskIds, options) => pauseTasks(on, taskIds, options),
    resume: (taskIds, options) => resumeTasks(on, taskIds, options),
    reschedule: (taskIds, change, options) => rescheduleTasks(on, taskIds, change, options),
    addDependencies: (taskId, dependencies, options) =>
      addTaskDependencies(on, taskId, dependencies, options),
    deadLetters: (input, options) => deadLetters(on, input, options),
    redrive: (taskIds, options) => redriveTasks(on, taskIds, options),
    setLimits: (taskType, limits, options) => setTypeLimits(on, taskType, limits, options),
    limits: (options) => listTypeLimits(on, options),
    removeLimits: (taskType, options) => removeTypeLimits(on, taskType, options),
    setSchedule: (schedule, options) => setSchedule(on, schedule, options),
    schedules: (options) => listSchedules(on, options),
    removeSchedule: (name, options) => removeSchedule(on, name, options),
    runDueSchedules: (options) => runDueSchedules(on, options),
    maintain: (options) => maintainTasks(on, options),
    prune: (input, options) => pruneTasks(on, input, options),
    repair: (options) => repairTasks(on, options),
  };
}
