import type { Executor } from "../executor/executor.ts";
import type { ClaimedTask } from "../tasks/claimed-task.ts";
import { claimTasks } from "../tasks/work/claim-tasks.ts";
import { claimCursor } from "./claim-cursor.ts";
import { rotation } from "./type-rotation.ts";

/** For whom a desk claims. */
export interface ClaimDeskKey {
  readonly agentId: string;
  readonly taskTypes: readonly string[];
  readonly leaseMs: number;
}

/** Claims tasks for the workers of one agent in this process. */
export interface ClaimDesk {
  /**
   * At most `limit` tasks. Those who ask while a claim is under way share the next one.
   *
   * @param everywhere looks also where there was nothing left just now
   */
  claim(limit: number, everywhere: boolean): Promise<Claimed>;
}

/** The answer of a desk. */
export interface Claimed {
  readonly tasks: readonly ClaimedTask[];
  /** When the claim was sent, by `performance.now()`: the leases are good for their time from then at least. */
  readonly sentAt: number;
}

/** The most tasks of one claim. */
const largestClaim = 1_000;

const byDatabase = new WeakMap<object, Map<string, ClaimDesk>>();

/** The desk of an agent, these types and this length of lease. */
export function claimDeskOf(on: Executor, key: ClaimDeskKey): ClaimDesk {
  const desks = byDatabase.get(on.write) ?? new Map<string, ClaimDesk>();
  byDatabase.set(on.write, desks);
  const name = JSON.stringify([key.agentId, key.leaseMs, ...[...key.taskTypes].sort()]);
  const known = desks.get(name);
  if (known !== undefined) return known;
  const made = claimDesk(on, key);
  desks.set(name, made);
  return made;
}

interface Asking {
  readonly limit: number;
  readonly everywhere: boolean;
  readonly resolve: (claimed: Claimed) => void;
  readonly reject: (error: unknown) => void;
}

function claimDesk(on: Executor, { agentId, taskTypes, leaseMs }: ClaimDeskKey): ClaimDesk {
  const turn = rotation(taskTypes);
  const cursor = claimCursor(() => performance.now());
  let waiting: Asking[] = [];
  let running = false;
  return {
    claim: (limit, everywhere) =>
      new Promise((resolve, reject) => {
        waiting.push({ limit: Math.min(limit, largestClaim), everywhere, resolve, reject });
        if (running) return;
        running = true;
        queueMicrotask(runAll);
      }),
  };

  async function runAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = takeGroup();
      try {
        const limit = group.reduce((sum, asking) => sum + asking.limit, 0);
        const everywhere = group.some((asking) => asking.everywhere);
        deal(group, await claimOnce(limit, everywhere));
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      // Whoever was answered just now may ask again in this turn.
      await undefined;
    }
    running = false;
  }

  function takeGroup(): Asking[] {
    const group: Asking[] = [];
    let sum = 0;
    for (const asking of waiting) {
      sum += asking.limit;
      if (group.length > 0 && sum > largestClaim) break;
      group.push(asking);
    }
    waiting = waiting.slice(group.length);
    return group;
  }

  async function claimOnce(limit: number, everywhere: boolean): Promise<Claimed> {
    const types = turn();
    const after = everywhere ? undefined : cursor.after(types);
    const sentAt = performance.now();
    const tasks = await claimTasks(on, {
      agentId,
      taskTypes: types,
      limit,
      leaseMs,
      durable: false,
      ...(after === undefined ? {} : { after }),
    });
    cursor.seen(tasks);
    return { tasks, sentAt };
  }
}

function deal(group: readonly Asking[], { tasks, sentAt }: Claimed): void {
  let from = 0;
  for (const { limit, resolve } of group) {
    resolve({ tasks: group.length === 1 ? tasks : tasks.slice(from, from + limit), sentAt });
    from += limit;
  }
}
