import { isProcessAlive } from "../process/process-identity.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { StopRung } from "./messages.ts";

/**
 * Stops a process that is not our child by climbing the ladder; true when it is gone.
 *
 * @param identity of the process that is meant: another one that has taken over its id is left alone
 */
export async function stopByPid(
  pid: number,
  identity: string | undefined,
  ladder: readonly StopRung[],
): Promise<boolean> {
  for (const { signal, waitMs } of ladder) {
    if (!isProcessAlive(pid, identity)) return true;
    try {
      process.kill(pid, signal);
    } catch (error) {
      // It belongs to another user: no signal of ours will ever reach it. Otherwise it has ended in between.
      if (error instanceof Error && "code" in error && error.code === "EPERM") return false;
    }
    const gone = await waitUntil(() => !isProcessAlive(pid, identity), { timeoutMs: waitMs });
    if (gone === true) return true;
  }
  return !isProcessAlive(pid, identity);
}
