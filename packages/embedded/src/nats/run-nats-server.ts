import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { explainDiskFull } from "../disk-full.ts";
import { withFolderLock } from "../process/folder-lock.ts";
import { assertPortFree } from "../process/free-port.ts";
import { prepareLogFile, sizeOfLog, tailOfLog } from "../process/log-file.ts";
import { waitUntil } from "../process/wait-until.ts";
import type { ServerHost } from "../server-host.ts";
import { natsStopLadder } from "../supervisor/stop-ladders.ts";
import type { WatchedServer } from "../supervisor/watched-server.ts";
import { isHealthy } from "./monitoring.ts";
import { type NatsConfig, natsConfigText } from "./nats-config.ts";
import { assertStoreNotInUse, noteRunning } from "./store-folder.ts";

/** A nats-server about to be run. */
export interface NatsPlan {
  readonly host: ServerHost;
  readonly program: string;
  readonly config: NatsConfig;
  readonly logFile: string;
  readonly startTimeoutMs: number;
}

/**
 * Runs the server on its folder; resolves when JetStream can be used.
 *
 * @throws SmithError `PORT_TAKEN`, `DATA_FOLDER_IN_USE`, `DISK_FULL`, `SERVER_NOT_STARTED`
 */
export function runNatsServer(plan: NatsPlan): Promise<WatchedServer> {
  const { storeDir } = plan.config;
  return withFolderLock(storeDir, plan.startTimeoutMs, async () => {
    await assertStoreNotInUse(storeDir);
    await assertPortsFree(plan);
    await prepareLogFile(plan.logFile, undefined);
    const configFile = join(storeDir, "nats-server.conf");
    await writeFile(configFile, natsConfigText(plan.config), { mode: 0o600 });
    const logStart = await sizeOfLog(plan.logFile);
    const spec = {
      file: plan.program,
      args: ["--config", configFile],
      cwd: storeDir,
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", TZ: "UTC" },
      logFile: plan.logFile,
      stopLadder: natsStopLadder,
    };
    return plan.host.run(spec, async (server) => {
      await noteRunning(storeDir, server.pid, plan.config.port);
      await ready(server, plan, logStart);
    });
  });
}

async function assertPortsFree({ config }: NatsPlan): Promise<void> {
  await assertPortFree(config.port, "nats-server");
  await assertPortFree(config.monitoringPort, "the monitoring pages of nats-server");
  if (config.cluster !== undefined) await assertPortFree(config.cluster.port, "the routes of nats-server");
}

async function ready(server: WatchedServer, plan: NatsPlan, logStart: number): Promise<void> {
  const outcome = await waitUntil(
    async () => {
      if (server.exit !== undefined) return "ended";
      return (await isHealthy(plan.config.monitoringPort)) ? "ready" : undefined;
    },
    { timeoutMs: plan.startTimeoutMs },
  );
  if (outcome === "ready") return;
  const said = await tailOfLog(plan.logFile, logStart);
  if (outcome === "ended") {
    await explainDiskFull(plan.config.storeDir, "nats-server", said);
    await assertPortsFree(plan);
  }
  const why =
    outcome === "ended" ? "it ended at once" : `JetStream cannot be used after ${plan.startTimeoutMs} ms`;
  throw new SmithError(
    "SERVER_NOT_STARTED",
    `nats-server on ${plan.config.storeDir} did not start: ${why}\n${said}`,
    {
      hint: `The lines above are the server's own; more are in ${plan.logFile}.`,
      details: { storeDir: plan.config.storeDir, port: plan.config.port, logFile: plan.logFile },
    },
  );
}
