import type { TaskPriorityType } from "@mister-smith/schema";
import type { ClaimedTask } from "../tasks/claimed-task.ts";

/** Remembers how far a worker has come in each type and priority, so that it does not look there again and again. */
export interface ClaimCursor {
  /** The lower bounds of the next look, as `ClaimTasks.after` has them; undefined when all is to be looked at. */
  after(taskTypes: readonly string[]): readonly (Date | null)[] | undefined;
  /** What the look has found. */
  seen(tasks: readonly ClaimedTask[]): void;
}

const fromCritical: readonly TaskPriorityType[] = ["critical", "urgent", "high", "normal", "low"];

/** How long after its time a task may become visible without being overlooked until the next full look. */
const marginMs = 250;
/** Between two looks at all. */
const fullLookMs = 1_000;

/**
 * Tasks become visible when the transaction that enqueues them is committed, some after later ones. So every now and
 * then everything is looked at.
 *
 * @param now in milliseconds, from a clock that never goes back
 */
export function claimCursor(now: () => number): ClaimCursor {
  let bounds = new Map<string, number>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    after(taskTypes) {
      if (now() - lookedAt >= fullLookMs) {
        lookedAt = now();
        bounds = new Map();
        return undefined;
      }
      if (bounds.size === 0) return undefined;
      return taskTypes.flatMap((type) =>
        fromCritical.map((priority) => {
          const bound = bounds.get(`${priority} ${type}`);
          return bound === undefined ? null : new Date(bound - marginMs);
        }),
      );
    },
    seen(tasks) {
      let last: ClaimedTask | undefined;
      for (const task of tasks) {
        // In order within a type and priority: the last of each counts.
        if (last !== undefined && (last.priority !== task.priority || last.taskType !== task.taskType))
          keep(last);
        last = task;
      }
      if (last !== undefined) keep(last);
    },
  };

  function keep({ priority, taskType, runAt }: ClaimedTask): void {
    bounds.set(`${priority} ${taskType}`, runAt.getTime());
  }
}
