/** Tells the workers of this process that tasks came, so that they need not wait until they look again. */
export interface TaskArrivals {
  announce(taskTypes: readonly string[]): void;
  /** Calls `wake` when tasks of one of the types come; returns how to end that. */
  subscribe(taskTypes: readonly string[], wake: () => void): () => void;
}

/** Makes the bell that a database and its workers share. */
export function createTaskArrivals(): TaskArrivals {
  const subscribers = new Map<string, Set<() => void>>();
  return {
    announce: (taskTypes) => {
      for (const taskType of taskTypes) for (const wake of subscribers.get(taskType) ?? []) wake();
    },
    subscribe: (taskTypes, wake) => {
      for (const taskType of taskTypes) {
        const known = subscribers.get(taskType) ?? new Set();
        subscribers.set(taskType, known.add(wake));
      }
      return () => {
        for (const taskType of taskTypes) subscribers.get(taskType)?.delete(wake);
      };
    },
  };
}
