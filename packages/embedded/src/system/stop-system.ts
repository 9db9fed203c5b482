import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { withFolderLock } from "../process/folder-lock.ts";
import { isProcessAlive } from "../process/process-identity.ts";
import { waitUntil } from "../process/wait-until.ts";
import { stopByPid } from "../supervisor/stop-by-pid.ts";
import { natsStopLadder, postgresStopLadder } from "../supervisor/stop-ladders.ts";
import { readState, type SystemState } from "./system-state.ts";

/** Longer than the longest way to stop a server. */
export const systemLockTimeoutMs = 120_000;

/** What stopping has found. */
export interface StoppedSystem {
  /** Whether any server lived. */
  readonly wasRunning: boolean;
}

/**
 * Stops the servers of the system in the folder, whoever started them; the data stays. Safe twice.
 *
 * @throws SmithError `NOT_STOPPED` when a server belongs to another user, `FOLDER_LOCKED`, `SYSTEM_STATE_DAMAGED`
 */
export async function stopSystem(folder: string): Promise<StoppedSystem> {
  const path = resolve(folder);
  if (!existsSync(path)) return { wasRunning: false };
  return withFolderLock(path, systemLockTimeoutMs, async () => {
    const state = await readState(path);
    return state === undefined ? { wasRunning: false } : stopServers(state);
  });
}

/** The same for one who holds the lock already. */
export async function stopServers(state: SystemState): Promise<StoppedSystem> {
  const [postgres, nats] = await Promise.all([
    stopServer("PostgreSQL", state.postgres, postgresStopLadder),
    stopServer("nats-server", state.nats, natsStopLadder),
  ]);
  const { supervisorPid, lifetime } = state;
  if (lifetime === "detached" && supervisorPid !== undefined && (postgres || nats)) {
    // It ends by itself when its last server is gone.
    await waitUntil(() => !isProcessAlive(supervisorPid), { timeoutMs: 5_000 });
  }
  return { wasRunning: postgres || nats };
}

async function stopServer(
  name: string,
  { pid, identity }: SystemState["postgres"] | SystemState["nats"],
  ladder: typeof postgresStopLadder,
): Promise<boolean> {
  if (!isProcessAlive(pid, identity)) return false;
  if (await stopByPid(pid, identity, ladder)) return true;
  throw new SmithError("NOT_STOPPED", `cannot stop ${name}, process ${pid}`, {
    hint: "It probably belongs to another user: run the same command as that user or as root.",
    details: { pid },
  });
}
