import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { explainDiskFull } from "../disk-full.ts";
import { assertPortFree } from "../process/free-port.ts";
import { prepareLogFile, sizeOfLog, tailOfLog } from "../process/log-file.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { ServerHost } from "../server-host.ts";
import type { ServerProcessSpec } from "../supervisor/messages.ts";
import { postgresStopLadder } from "../supervisor/stop-ladders.ts";
import type { WatchedServer } from "../supervisor/watched-server.ts";
import type { OsUser } from "../user/os-user.ts";
import { assertNotInUse } from "./data-folder-state.ts";
import { serverEnvironment } from "./init-cluster.ts";
import { readPostmasterPid } from "./postmaster-pid.ts";

/** A postmaster about to be run. */
export interface PostmasterPlan {
  readonly host: ServerHost;
  readonly binDir: string;
  readonly dataDir: string;
  readonly logFile: string;
  readonly arguments: readonly string[];
  readonly port: number;
  readonly user: OsUser | undefined;
  readonly startTimeoutMs: number;
  /** Done as soon as the server takes connections; when it fails, the server is stopped. */
  readonly prepare: () => Promise<void>;
}

/** How long the remains of a server that was killed may keep its folder busy. */
const remainsTimeoutMs = 10_000;

/**
 * Runs the server on its folder; resolves when it takes connections.
 *
 * @throws SmithError `PORT_TAKEN`, `DATA_FOLDER_IN_USE`, `DISK_FULL`, `SERVER_NOT_STARTED`
 */
export async function runPostmaster(plan: PostmasterPlan): Promise<WatchedServer> {
  const leftByDead = await assertNotInUse(plan.dataDir);
  await prepareLogFile(plan.logFile, plan.user);
  const retryUntil = performance.now() + (leftByDead ? remainsTimeoutMs : 0);
  for (;;) {
    try {
      return await attempt(plan);
    } catch (error) {
      // Processes of a server that was killed hold its shared memory and its port for another moment.
      if (performance.now() > retryUntil) throw error;
      await waitUntil(() => false, { timeoutMs: 200, everyMs: 200 });
    }
  }
}

async function attempt(plan: PostmasterPlan): Promise<WatchedServer> {
  await assertPortFree(plan.port, "PostgreSQL");
  const logStart = await sizeOfLog(plan.logFile);
  return plan.host.run(specOf(plan), (server) => ready(server, plan, logStart));
}

function specOf(plan: PostmasterPlan): ServerProcessSpec {
  return {
    file: join(plan.binDir, "postgres"),
    args: ["-D", plan.dataDir, ...plan.arguments],
    cwd: plan.dataDir,
    env: serverEnvironment(),
    logFile: plan.logFile,
    stopLadder: postgresStopLadder,
    ...(plan.user === undefined ? {} : { uid: plan.user.uid, gid: plan.user.gid }),
  };
}

async function ready(server: WatchedServer, plan: PostmasterPlan, logStart: number): Promise<void> {
  const isReady = async () => {
    if (server.exit !== undefined) return "ended";
    const lock = await readPostmasterPid(plan.dataDir);
    return lock?.pid === server.pid && lock.status === "ready" ? "ready" : undefined;
  };
  const outcome = await waitUntil(isReady, { timeoutMs: plan.startTimeoutMs });
  if (outcome === "ready") return plan.prepare();
  const said = await tailOfLog(plan.logFile, logStart);
  if (outcome === "ended") await explainEarlyEnd(plan, said);
  const why =
    outcome === "ended" ? "it ended at once" : `it takes no connections after ${plan.startTimeoutMs} ms`;
  throw new SmithError("SERVER_NOT_STARTED", `PostgreSQL on ${plan.dataDir} did not start: ${why}\n${said}`, {
    hint: `The lines above are the server's own; more are in ${plan.logFile}.`,
    details: { dataDir: plan.dataDir, port: plan.port, logFile: plan.logFile },
  });
}

async function explainEarlyEnd(plan: PostmasterPlan, said: string): Promise<void> {
  await explainDiskFull(plan.dataDir, "PostgreSQL", said);
  await assertNotInUse(plan.dataDir);
  await assertPortFree(plan.port, "PostgreSQL");
}
