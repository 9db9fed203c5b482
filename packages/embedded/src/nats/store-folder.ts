import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { z } from "zod";
import { isProcessAlive, processIdentity } from "../process/process-identity.ts";

const recordSchema = z.object({ pid: z.number(), identity: z.string().optional(), port: z.number() });

/**
 * nats-server does not guard its folder: two on one would ruin it. So the one that runs is noted there.
 *
 * @throws SmithError `DATA_FOLDER_IN_USE` with the server's process id and port
 */
export async function assertStoreNotInUse(storeDir: string): Promise<void> {
  const text = await readFile(recordFile(storeDir), "utf8").catch(() => "null");
  const record = recordSchema.safeParse(parsed(text)).data;
  if (record === undefined || !isProcessAlive(record.pid, record.identity)) return;
  throw new SmithError(
    "DATA_FOLDER_IN_USE",
    `the store folder ${storeDir} is in use by a running nats-server (process ${record.pid}, port ${record.port})`,
    {
      hint: `Connect to the server that runs, stop it (\`kill ${record.pid}\`), or name another folder.`,
      details: { storeDir, pid: record.pid, port: record.port },
    },
  );
}

export async function noteRunning(storeDir: string, pid: number, port: number): Promise<void> {
  await writeFile(recordFile(storeDir), JSON.stringify({ pid, identity: processIdentity(pid), port }));
}

export async function noteStopped(storeDir: string): Promise<void> {
  await rm(recordFile(storeDir), { force: true });
}

function recordFile(storeDir: string): string {
  return join(storeDir, "running.json");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
