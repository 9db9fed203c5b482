import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "../process/run-program.ts";
import { parseServerVersion, type ServerOrigin, type ServerVersion } from "../server-version.ts";

/** Programs of a PostgreSQL server that can be started. */
export interface FoundPostgres {
  /** The folder that holds `postgres` and `initdb`. */
  readonly binDir: string;
  readonly version: ServerVersion;
  readonly origin: ServerOrigin;
  /** The names of all programs in `binDir`: client tools are often not there. */
  readonly programs: readonly string[];
}

/** Looks whether a folder holds a PostgreSQL server that runs here; undefined when it does not. */
export async function inspectPostgres(
  binDir: string,
  origin: ServerOrigin,
): Promise<FoundPostgres | undefined> {
  try {
    const needed = [join(binDir, "postgres"), join(binDir, "initdb")];
    await Promise.all(needed.map((program) => access(program, constants.X_OK)));
  } catch {
    return undefined;
  }
  const result = await runProgram(join(binDir, "postgres"), ["--version"], { timeoutMs: 10_000 });
  const version = result.exitCode === 0 ? parseServerVersion(result.stdout) : undefined;
  if (version === undefined) return undefined;
  return { binDir, version, origin, programs: await readdir(binDir) };
}
