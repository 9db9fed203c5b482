import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { MigratorOptions } from "../../src/index.ts";

/** A runner in a process of its own. */
export interface MigratingChild extends AsyncDisposable {
  /** Ends it by SIGKILL; resolves when it is gone. */
  readonly kill: () => Promise<void>;
  /** Resolves with its exit status and what it wrote. */
  readonly finished: Promise<{ readonly status: number | null; readonly output: string }>;
}

/** Runs `migrateUp` in a process of its own. */
export function migrateInChild(options: MigratorOptions): MigratingChild {
  const script = fileURLToPath(new URL("./migrate-child.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions=@mister-smith/source", script, JSON.stringify(options)],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const finished = collect(child);
  const kill = async () => {
    child.kill("SIGKILL");
    await finished;
  };
  return { kill, finished, [Symbol.asyncDispose]: kill };
}

async function collect(child: ChildProcess): Promise<{ status: number | null; output: string }> {
  let output = "";
  const keep = (chunk: Buffer) => {
    output += chunk.toString("utf8");
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  await once(child, "close");
  return { status: child.exitCode, output };
}
