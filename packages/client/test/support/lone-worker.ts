// A worker in a process of its own, that tests freeze, kill, or give a wrong clock.
import { createDatabase, createWorker } from "../../src/index.ts";

const [url = "", agentId = "", taskType = "", behaviour = ""] = process.argv.slice(2);
if (behaviour === "skewed") {
  const real = Date.now;
  Date.now = () => real() + 31_536_000_000;
}
const db = await createDatabase({ primary: { url } });
const finish = new Promise<void>((resolve) => process.once("message", () => resolve()));
const worker = createWorker(db, {
  agentId,
  handlers: {
    [taskType]: async () => {
      if (behaviour === "kill-yourself") process.kill(process.pid, "SIGKILL");
      await finish;
      return "finished";
    },
  },
  concurrency: 1,
  leaseMs: 1_500,
  pollIntervalMs: { min: 10, max: 50 },
  // Others look after the queue.
  maintenanceIntervalMs: behaviour === "skewed" ? 100 : 0,
});
worker.on("leaseLost", () => process.send?.("leaseLost"));
await worker.start();
process.send?.("started");
