import type { TaskStatusType } from "@mister-smith/schema";
import type { Executor } from "../executor/executor.ts";
import type { TaskFailure } from "../tasks/task-work.ts";
import { type CompletedAttempt, completeAttempts } from "../tasks/work/complete-tasks.ts";
import { failTasks } from "../tasks/work/fail-tasks.ts";
import { recordedAttempts } from "../tasks/work/recorded-attempts.ts";
import { Outbox, type OutboxRoute, type Posted } from "./outbox.ts";

/** A success on its way. */
export interface PostedCompletion extends CompletedAttempt, Posted<true> {}

/** What became of the task of a failed attempt. */
export interface FailureAnswer {
  readonly status: TaskStatusType;
  readonly scheduledAt: Date | null;
}

/** A failure on its way. */
export interface PostedFailure extends TaskFailure, Posted<FailureAnswer> {
  readonly executionId: string;
}

/** Where the workers of a database post the outcomes of their attempts. */
export interface Outcomes {
  readonly completions: Outbox<PostedCompletion, true>;
  readonly failures: Outbox<PostedFailure, FailureAnswer>;
}

const byDatabase = new WeakMap<object, Outcomes>();

/** The outboxes of a database: its workers share them, and so their statements. */
export function outcomesOf(on: Executor): Outcomes {
  const known = byDatabase.get(on.write);
  if (known !== undefined) return known;
  const made = {
    completions: new Outbox(completionRoute(on)),
    failures: new Outbox(failureRoute(on)),
  };
  byDatabase.set(on.write, made);
  return made;
}

function completionRoute(on: Executor): OutboxRoute<PostedCompletion, true> {
  return {
    async send(entries, lockWaitMs) {
      const answers = new Map<string, true>();
      for (const taskId of await completeAttempts(on, entries, { lockWaitMs })) answers.set(taskId, true);
      return answers;
    },
    async lookUp(entries) {
      const answers = new Map<string, true>();
      for (const [taskId] of await recorded(on, entries)) answers.set(taskId, true);
      return answers;
    },
  };
}

function failureRoute(on: Executor): OutboxRoute<PostedFailure, FailureAnswer> {
  return {
    async send(entries, lockWaitMs) {
      const answers = await failTasks(on, entries, { lockWaitMs });
      return new Map(answers.map((answer) => [answer.taskId, answer]));
    },
    lookUp: (entries) => recorded(on, entries),
  };
}

async function recorded(
  on: Executor,
  entries: readonly { readonly taskId: string; readonly executionId: string | undefined }[],
): Promise<ReadonlyMap<string, FailureAnswer>> {
  const tasks = new Map(entries.map(({ executionId, taskId }) => [executionId, taskId]));
  const ids = [...tasks.keys()].filter((id) => id !== undefined);
  const answers = new Map<string, FailureAnswer>();
  for (const { executionId, taskStatus, scheduledAt } of await recordedAttempts(on, ids)) {
    const taskId = tasks.get(executionId);
    if (taskId !== undefined) answers.set(taskId, { status: taskStatus, scheduledAt });
  }
  return answers;
}
