import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type ReplicatedServers,
  type ReplicatedServersOptions,
  replicatedServers,
} from "./replicated-servers.ts";

/** Servers that tests may promote, and let part for good. */
export interface ResettableServers extends ReplicatedServers {
  /** Makes them what they were at first, on their ports: a primary, and replicas that have all it has. */
  reset(): Promise<void>;
}

/** Starts them, and keeps a copy of their data: to put that back takes far less than to make servers anew. */
export async function resettableServers(
  options: Omit<ReplicatedServersOptions, "folder">,
): Promise<ResettableServers> {
  const folder = await mkdtemp(join(tmpdir(), "smith-replicated-"));
  await chmod(folder, 0o755);
  const [data, copy] = [join(folder, "data"), join(folder, "copy")];
  const servers = await replicatedServers({ ...options, folder: data });
  const all = [servers.primary, ...servers.replicas];
  for (const server of all) await server.stop();
  await copyFolder(data, copy);
  return {
    ...servers,
    async reset() {
      for (const server of all) await server.kill();
      await rm(data, { recursive: true, force: true, maxRetries: 5 });
      await copyFolder(copy, data);
      await servers.revive();
    },
    async [Symbol.asyncDispose]() {
      await servers[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

// The files belong to the user of the server.
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)("cp", ["-a", from, to]);
}
