import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { z } from "zod";
import { isProcessAlive, processIdentity } from "./process-identity.ts";
import { waitUntil } from "./wait-until.ts";

const holder = z.object({ pid: z.number(), identity: z.string().optional(), token: z.string() });

/**
 * Does `work` while no other process does its own on the same folder. The lock of a process that has died is
 * taken over.
 *
 * @throws SmithError `FOLDER_LOCKED` when another process keeps it for longer than `timeoutMs`
 */
export async function withFolderLock<T>(
  folder: string,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const file = join(folder, ".lock");
  const token = randomUUID();
  const taken = await waitUntil(() => take(file, token), { timeoutMs, everyMs: 50 });
  if (taken === undefined) throw await locked(folder, file, timeoutMs);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string, token: string): Promise<boolean> {
  const draft = `${file}.${token}`;
  await writeFile(draft, JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid), token }));
  try {
    // A link appears at once and with its content, or not at all.
    await link(draft, file);
    return true;
  } catch {
    await removeWhenStale(file, token);
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeWhenStale(file: string, token: string): Promise<void> {
  const found = await readHolder(file);
  if (found === undefined || isProcessAlive(found.pid, found.identity)) return;
  const aside = `${file}.stale-${token}`;
  await rename(file, aside).catch(() => {});
  // Between the look and the renaming another one may have cleared it away and taken the lock: give it back.
  if ((await readHolder(aside))?.token !== found.token) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
}

async function readHolder(file: string) {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return holder.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function locked(folder: string, file: string, timeoutMs: number): Promise<SmithError> {
  const found = await readHolder(file);
  const who = found === undefined ? "another process" : `process ${found.pid}`;
  return new SmithError(
    "FOLDER_LOCKED",
    `${who} is starting or stopping servers in ${folder} for more than ${timeoutMs} ms`,
    {
      hint: `Wait until it is done and try again; if nothing of the kind runs, remove ${file}.`,
      retryable: true,
      details: { folder, pid: found?.pid ?? null },
    },
  );
}
