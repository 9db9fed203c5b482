import { attemptOf, createDatabase, createWorker, type Database } from "@mister-smith/client";
import { SmithError } from "@mister-smith/errors";
import { count } from "../output/count.ts";
import type { Stage } from "./chapters.ts";

/** What became of the tasks of the demonstration. */
export interface TasksDone {
  readonly tasks: number;
  /** Every time one was worked on, also in vain. */
  readonly attempts: number;
  /** Tasks of the worker that froze, which another one did. */
  readonly rescued: number;
  readonly tasksPerSecond: number;
}

const tasks = 500;
const frozen = 5;
const taskType = "demo.step";

/** A queue of tasks is worked off, though one of two workers freezes with some of them in hand. */
export function tasksChapter({ story, system }: Stage): Promise<TasksDone> {
  const heading = {
    title: "Work off a queue of tasks, and lose a worker on the way",
    why: "A task whose worker is not heard of goes to another one; the late one is refused by its fencing token.",
    byHand: "smith tasks backlog",
  };
  return story.chapter(heading, async (update) => {
    await using db = await createDatabase({ primary: { url: system.postgres.url } });
    await db.tasks.enqueueMany(
      Array.from({ length: tasks }, (_, step) => ({ ...task(step), payload: { step } })),
    );
    update("one worker freezes");
    const late = await freeze(db);
    update("another one goes on");
    const seconds = await workAll(db);
    const refused = late.length - (await db.tasks.complete(late)).length;
    const done = await verify(db, refused);
    story.tell(
      `${count(tasks, "task")} done in their order for each of ten customers, ${Math.round(tasks / seconds)} tasks/s with every attempt on record`,
      `a worker froze with ${count(frozen, "task")}: all were done by another one, and its late results were refused`,
    );
    return { tasks, attempts: done.attempts, rescued: refused, tasksPerSecond: tasks / seconds };
  });
}

// The last few of a customer wait for those before them, and so does everyone if one is lost.
function task(step: number) {
  return { taskType, orderKey: `customer ${step % 10}`, retry: { delayMs: 0 } };
}

async function freeze(db: Database) {
  const { agentId } = await db.agents.register({ agentType: "worker", agentName: "freezes" });
  return await db.tasks.claim({ agentId, taskTypes: [taskType], limit: frozen, leaseMs: 200 });
}

async function workAll(db: Database): Promise<number> {
  await using worker = createWorker(db, {
    agent: { agentType: "worker", agentName: "goes on" },
    handlers: { [taskType]: ({ payload }) => payload },
    maintenanceIntervalMs: 200,
    pollIntervalMs: { min: 10, max: 100 },
  });
  const allDone = new Promise<void>((resolve) => {
    let left = tasks;
    worker.on("completed", () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  const started = performance.now();
  await worker.start();
  await allDone;
  return (performance.now() - started) / 1000;
}

async function verify(db: Database, refused: number): Promise<{ readonly attempts: number }> {
  let completed = 0;
  let attempts = 0;
  for await (const { status, fencingToken } of db.tasks.stream({ taskTypes: [taskType] })) {
    if (status === "completed") completed += 1;
    attempts += attemptOf(fencingToken);
  }
  if (completed === tasks && refused === frozen && attempts === tasks + frozen) return { attempts };
  throw new SmithError(
    "TASKS_NOT_DONE",
    `of ${tasks} tasks ${completed} are completed, after ${attempts} attempts; ${refused} of ${frozen} late results were refused`,
    { hint: "Look with `smith tasks list` in a system that you keep with `smith demo --keep`." },
  );
}
