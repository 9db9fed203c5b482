import { randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { z } from "zod";

const version = z.object({ major: z.number(), full: z.string() });
const origin = z.enum(["explicit", "installed", "npm", "debian package"]);
const server = z.object({
  pid: z.number(),
  identity: z.string().optional(),
  port: z.number(),
  url: z.string(),
  logFile: z.string(),
  version,
  origin,
});

const stateSchema = z.object({
  format: z.literal(1),
  since: z.iso.datetime(),
  lifetime: z.enum(["parent", "detached"]),
  supervisorPid: z.number().optional(),
  postgres: server.extend({ dataDir: z.string(), binDir: z.string(), insteadOf: z.string().optional() }),
  nats: server.extend({
    storeDir: z.string(),
    monitoringUrl: z.string(),
    syncInterval: z.enum(["always", "server-default"]),
  }),
});

/** What is known of the system that was last started in a folder. */
export type SystemState = z.output<typeof stateSchema>;

/** The file that holds it. */
export function stateFile(folder: string): string {
  return join(folder, "system.json");
}

/**
 * The state of the system in the folder; undefined when none was ever started there.
 *
 * @throws SmithError `SYSTEM_STATE_DAMAGED`
 */
export async function readState(folder: string): Promise<SystemState | undefined> {
  const text = await readFile(stateFile(folder), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw damaged(folder, error);
  });
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw damaged(folder, error);
  }
}

/** Whoever reads it meanwhile sees the old or the new state whole. The URL holds a password: for the owner alone. */
export async function writeState(folder: string, state: SystemState): Promise<void> {
  const draft = `${stateFile(folder)}.${randomUUID().slice(0, 8)}`;
  await writeFile(draft, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, stateFile(folder));
}

function damaged(folder: string, cause: unknown): SmithError {
  return new SmithError(
    "SYSTEM_STATE_DAMAGED",
    `cannot read what is noted about the system in ${stateFile(folder)}`,
    {
      hint: "See whether servers of that folder still run (`ps aux`), stop them, remove the file, and start again: the data is not touched.",
      cause,
      details: { file: stateFile(folder) },
    },
  );
}
