import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a running PostgreSQL says about itself in the file `postmaster.pid` of its data folder. */
export interface PostmasterPid {
  readonly pid: number;
  readonly port: number | undefined;
  /** `ready`: takes connections; `standby`: a standby that does not. */
  readonly status: string | undefined;
}

/** Reads the file; undefined when there is none or nothing in it yet. */
export async function readPostmasterPid(dataDir: string): Promise<PostmasterPid | undefined> {
  const text = await readFile(join(dataDir, "postmaster.pid"), "utf8").catch(() => "");
  return parsePostmasterPid(text);
}

/** Lines: pid, data folder, start time, port, socket folder, listen address, shared memory, status. */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const lines = text.split("\n");
  const pid = Math.abs(Number.parseInt(lines[0] ?? "", 10));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  const port = Number.parseInt(lines[3] ?? "", 10);
  const status = (lines[7] ?? "").trim();
  return { pid, port: Number.isInteger(port) ? port : undefined, status: status === "" ? undefined : status };
}
