import type { NewTask } from "../tasks/new-task.ts";
import type { TaskArrivals } from "../tasks/task-arrivals.ts";
import type { Transaction } from "../transaction/transaction.ts";
import type { Calls } from "./calls.ts";

/** Transactions that tell workers of this process, once they are committed, which types of tasks they enqueued. */
export function announced(
  calls: Calls,
  arrivals: Pick<TaskArrivals, "announce">,
): Pick<Calls, "transaction" | "writeWithToken"> {
  return {
    async transaction(work, options) {
      const types = new Set<string>();
      const result = await calls.transaction((tx) => work(noting(tx, types)), options);
      arrivals.announce([...types]);
      return result;
    },
    async writeWithToken(work, options) {
      const types = new Set<string>();
      const written = await calls.writeWithToken((tx) => work(noting(tx, types)), options);
      arrivals.announce([...types]);
      return written;
    },
  };
}

// What a savepoint undoes, or a run that was repeated, is noted all the same: workers look once in vain.
function noting(tx: Transaction, types: Set<string>): Transaction {
  const note = (tasks: readonly NewTask[]) => {
    for (const { taskType } of tasks) types.add(taskType);
  };
  return {
    ...tx,
    tasks: {
      ...tx.tasks,
      enqueue: async (task, options) => {
        const enqueued = await tx.tasks.enqueue(task, options);
        note([task]);
        return enqueued;
      },
      enqueueMany: async (tasks, options) => {
        const enqueued = await tx.tasks.enqueueMany(tasks, options);
        note(tasks);
        return enqueued;
      },
    },
    transaction: (work, options) => tx.transaction((inner) => work(noting(inner, types)), options),
  };
}
