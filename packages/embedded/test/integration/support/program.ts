import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const reportSchema = z.object({
  pids: z.array(z.number()),
  supervisor: z.number(),
  folders: z.array(z.string()),
});

/** What the program `start-servers.ts` says once its servers run. */
export type Report = z.output<typeof reportSchema>;

export interface Program {
  readonly child: ChildProcess;
  readonly report: Report;
}

/** Runs `start-servers.ts` in a process group of its own; resolves when its servers run. */
export async function startProgram(task: object): Promise<Program> {
  const script = fileURLToPath(new URL("../programs/start-servers.ts", import.meta.url));
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const child = spawn(process.execPath, ["--conditions=@mister-smith/source", script, JSON.stringify(task)], {
    cwd: "/",
    env,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, report: reportSchema.parse(JSON.parse(line)) };
  }
  throw new Error(`the program ended without a report: ${complaint}`);
}

/** SIGKILL to the program's whole process group. */
export function killGroup({ child }: Program): void {
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
}
