import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { SmithError } from "@mister-smith/errors";
import { NotFound } from "../not-found.ts";

/**
 * The text of a log: that of a file up to where it ends now, for a server may write on while it is read; `-` is standard input.
 *
 * @throws NotFound when there is no such file; SmithError `FILE_UNREADABLE` when it cannot be read
 */
export async function openLog(file: string): Promise<AsyncIterable<string>> {
  if (file === "-") return process.stdin.setEncoding("utf8");
  try {
    const handle = await open(file);
    const stats = await handle.stat();
    if (stats.isFile() && stats.size > 0)
      return handle.createReadStream({ encoding: "utf8", end: stats.size - 1 });
    if (!stats.isFile() && !stats.isDirectory()) return handle.createReadStream({ encoding: "utf8" });
    await handle.close();
    if (stats.isFile()) return Readable.from([]);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new NotFound("the file", file, "Name a log of PostgreSQL, or - for standard input.");
    throw unreadable(file, error instanceof Error ? error.message : String(error), error);
  }
  throw unreadable(file, "it is a folder");
}

function unreadable(file: string, why: string, cause?: unknown): SmithError {
  return new SmithError("FILE_UNREADABLE", `cannot read ${file}: ${why}`, {
    cause,
    hint: "Name a log of PostgreSQL that you may read, or - for standard input.",
  });
}
