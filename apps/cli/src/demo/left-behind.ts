import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The processes of some servers and all that these have started, by their ids. */
export async function processTree(roots: readonly number[]): Promise<readonly number[]> {
  // Without `ps`, as in some containers, the servers themselves are what can be watched.
  const listed = await run("ps", ["-A", "-o", "pid=,ppid="], { timeout: 5_000 }).catch(() => ({
    stdout: "",
  }));
  const processes = listed.stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const tree = new Set(roots);
  for (let size = 0; size < tree.size; ) {
    size = tree.size;
    for (const [pid, parent] of processes) if (pid && parent && tree.has(parent)) tree.add(pid);
  }
  return [...tree];
}

/** What is still there of a system that was stopped and removed; empty when nothing is. */
export function leftBehind(folders: readonly string[], processes: readonly number[]): readonly string[] {
  return [
    ...processes.filter(isAlive).map((pid) => `process ${pid}`),
    ...folders.filter((folder) => existsSync(folder)).map((folder) => `folder ${folder}`),
  ];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user is there all the same.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
