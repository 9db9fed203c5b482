import { existsSync } from "node:fs";
import { appendFile, chown, mkdir, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { OsUser } from "../user/os-user.ts";

/** A log that has grown past this is set aside at the next start; the one before it is dropped. */
const setAsideBytes = 16 * 1024 * 1024;

/** Makes sure that a server of `user` can append to the file. */
export async function prepareLogFile(file: string, user: OsUser | undefined): Promise<void> {
  const folder = dirname(file);
  if (!existsSync(folder)) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (user !== undefined) await chown(folder, user.uid, user.gid);
  }
  if (existsSync(file) && (await stat(file)).size > setAsideBytes) await rename(file, `${file}.1`);
  await appendFile(file, "");
  if (user !== undefined) await chown(file, user.uid, user.gid);
}

/** The end of a log from byte `from` on, for messages: at most `lines` lines. Empty when there is no log. */
export async function tailOfLog(file: string, from = 0, lines = 12): Promise<string> {
  const maxBytes = 16_384;
  try {
    await using handle = await open(file, "r");
    const { size } = await handle.stat();
    const start = Math.max(from, size - maxBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), 0, null, start);
    return lastLines(buffer.toString("utf8", 0, bytesRead), lines);
  } catch {
    return "";
  }
}

/** The size of the file now: where the lines of the next start begin. */
export async function sizeOfLog(file: string): Promise<number> {
  return stat(file).then(
    (found) => found.size,
    () => 0,
  );
}

/** The last `lines` lines that are not blank. */
export function lastLines(text: string, lines = 12): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-lines)
    .join("\n");
}
