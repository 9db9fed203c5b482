/** How keys are dealt with together. */
export interface GroupKeysOptions<Key> {
  /** Deals with many keys at once; the error of a key that failed, or undefined, in their order. */
  readonly run: (keys: readonly Key[]) => Promise<readonly unknown[]>;
  readonly maxKeys: number;
  /** How many groups may be under way at once. */
  readonly maxGroups: number;
}

interface Waiting<Key> {
  readonly key: Key;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers keys while others are under way, so that many cost few statements and few are not kept waiting. */
export function groupKeys<Key>(options: GroupKeysOptions<Key>): (key: Key) => Promise<void> {
  let waiting: Waiting<Key>[] = [];
  let groups = 0;
  let scheduled = false;

  return (key) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.push({ key, resolve, reject });
    if (!scheduled) {
      scheduled = true;
      setImmediate(begin);
    }
    return promise;
  };

  function begin(): void {
    scheduled = false;
    while (waiting.length > 0 && groups < options.maxGroups) {
      const group = waiting.slice(0, options.maxKeys);
      waiting = waiting.slice(options.maxKeys);
      groups += 1;
      void runGroup(group);
    }
  }

  async function runGroup(group: readonly Waiting<Key>[]): Promise<void> {
    try {
      const errors = await options.run(group.map(({ key }) => key));
      for (const [index, { resolve, reject }] of group.entries()) {
        if (errors[index] === undefined) resolve();
        else reject(errors[index]);
      }
    } catch (error) {
      for (const { reject } of group) reject(error);
    } finally {
      groups -= 1;
      begin();
    }
  }
}
