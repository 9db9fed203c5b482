import { readFile, statfs } from "node:fs/promises";
import { ClientError } from "@mister-smith/client";

/** How a file system is filled, in bytes. */
export interface FileSystem {
  readonly total: number;
  readonly used: number;
  /** What others than root may still use. */
  readonly available: number;
}

/** How long a file system may take to answer, in milliseconds: one over the network may never do. */
const statTimeoutMs = 1_000;

/**
 * How the file system that holds a path is filled; null where there is no such path, `hidden` where this process may not look.
 *
 * @throws ClientError `TIMEOUT` when it does not answer in time
 */
export async function fileSystemOf(path: string): Promise<FileSystem | "hidden" | null> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLate(path)), statTimeoutMs);
  try {
    const { bsize, blocks, bfree, bavail } = await Promise.race([statfs(path), late]);
    return { total: blocks * bsize, used: (blocks - bfree) * bsize, available: bavail * bsize };
  } catch (error) {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    if (code === "EACCES" || code === "EPERM") return "hidden";
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(path: string): ClientError {
  return new ClientError("TIMEOUT", `the file system of ${path} did not answer within ${statTimeoutMs} ms`, {
    hint: "See whether it is mounted over the network, and whether that is there.",
  });
}

/** A connection as its server knows it. */
export interface ServerProcess {
  readonly pid: number;
  readonly role: string;
  readonly database: string;
}

/**
 * Whether a connection's process is one of this machine: a server in a container, or behind a forwarded port, has files of the
 * same names elsewhere. Only Linux tells.
 */
export async function runsHere({ pid, role, database }: ServerProcess): Promise<boolean> {
  const title = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return title.startsWith("postgres") && title.includes(`${role} ${database} `);
}
