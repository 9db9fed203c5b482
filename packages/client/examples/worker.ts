import { createDatabase, createWorker, taskHandler } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { z } from "zod";

const url = process.env["DATABASE_URL"] ?? "postgres://postgres@localhost/mister_smith";
await migrateUp({ connection: url, folder: migrationsFolder() });
await using db = await createDatabase({ primary: { url } });

const welcome = taskHandler({
  payload: z.object({ to: z.string() }),
  handle: async ({ payload }, { attempt, signal }) => {
    signal.throwIfAborted(); // cancelled, or the lease was lost
    if (attempt === 1) throw new Error("the mail server is busy"); // it will be tried again
    return `welcomed ${payload.to}`;
  },
});
const agent = { agentType: "mailer", agentName: "mailer-1" };
await using worker = createWorker(db, { agent, handlers: { welcome } });
const done = new Promise((resolve) => worker.on("completed", resolve));

const task = { taskType: "welcome", payload: { to: "Ada" }, retry: { delayMs: 50 } };
const { taskId } = await db.tasks.enqueue(task);
await worker.start();
await done;
console.log((await db.tasks.executions(taskId)).map(({ status, result }) => result ?? status));
