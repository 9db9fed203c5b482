import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A text that tells this process from a later one with the same id: its start time.
 * Undefined when no such process lives; a zombie counts as dead.
 */
export function processIdentity(pid: number): string | undefined {
  if (!exists(pid)) return undefined;
  return process.platform === "linux" ? identityFromProc(pid) : identityFromPs(pid);
}

/** Whether the process lives and, when `identity` is given, is still the one that was meant. */
export function isProcessAlive(pid: number, identity?: string): boolean {
  const current = processIdentity(pid);
  return current !== undefined && (identity === undefined || identity === current);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function identityFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The program's name stands in parentheses and may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  return state === "Z" || state === "X" ? undefined : `${startTicks}@${bootId()}`;
}

/** Ticks count from the start of the machine: those of another start mean nothing. */
function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

function identityFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      timeout: 5_000,
    }).trim();
    if (line === "" || line.startsWith("Z")) return undefined;
    return line.replace(/^\S+\s+/, "");
  } catch {
    return undefined;
  }
}
