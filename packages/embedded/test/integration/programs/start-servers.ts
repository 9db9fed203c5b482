/** Starts the servers that its argument names, reports their processes, and ends as told: see support/program.ts. */
import { execFileSync } from "node:child_process";
import {
  type EmbeddedNats,
  type EmbeddedPostgres,
  startNats,
  startPostgres,
  startSystem,
} from "@mister-smith/embedded";
import { z } from "zod";

const taskSchema = z.object({
  postgres: z.object({ dataDir: z.string().optional() }).optional(),
  nats: z.boolean().default(false),
  systemFolder: z.string().optional(),
  temporary: z.boolean().default(false),
  lifetime: z.enum(["parent", "detached"]).default("parent"),
  afterwards: z.enum(["wait", "end"]).default("wait"),
});
const task = taskSchema.parse(JSON.parse(process.argv[2] ?? "{}"));

const servers: (EmbeddedPostgres | EmbeddedNats)[] = [];
const folders: string[] = [];
const pids: number[] = [];
if (task.postgres !== undefined) {
  const postgres = await startPostgres({
    durability: "fast",
    lifetime: task.lifetime,
    dataDir: task.postgres.dataDir,
  });
  servers.push(postgres);
  folders.push(postgres.dataDir);
}
if (task.nats) {
  const nats = await startNats({ lifetime: task.lifetime });
  servers.push(nats);
  folders.push(nats.storeDir);
}
if (task.systemFolder !== undefined) {
  const { postgres, nats } = await startSystem({
    folder: task.systemFolder,
    lifetime: task.lifetime,
    temporary: task.temporary,
  });
  folders.push(task.systemFolder, postgres.dataDir, nats.storeDir);
  pids.push(postgres.pid, nats.pid);
}
pids.push(...servers.map((server) => server.pid));
const supervisor = Number(execFileSync("ps", ["-o", "ppid=", "-p", String(pids[0])], { encoding: "utf8" }));
process.stdout.write(`${JSON.stringify({ pids, supervisor, folders })}\n`);
if (task.afterwards === "wait") setInterval(() => {}, 60_000);
