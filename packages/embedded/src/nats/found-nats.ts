import { realpath } from "node:fs/promises";
import { runProgram } from "../process/run-program.ts";
import { parseServerVersion, type ServerOrigin, type ServerVersion } from "../server-version.ts";

/** A nats-server program that can be started. */
export interface FoundNats {
  readonly program: string;
  readonly version: ServerVersion;
  readonly origin: ServerOrigin;
}

/** Looks whether the program is a nats-server that runs here; undefined when it is not. */
export async function inspectNats(program: string, origin: ServerOrigin): Promise<FoundNats | undefined> {
  const real = await realpath(program).catch(() => undefined);
  if (real === undefined) return undefined;
  const result = await runProgram(real, ["--version"], { timeoutMs: 10_000 });
  const version = result.exitCode === 0 ? parseServerVersion(result.stdout) : undefined;
  return version === undefined ? undefined : { program: real, version, origin };
}
