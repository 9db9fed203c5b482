import { existsSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../process/run-program.ts";
import type { FoundPostgres } from "./found-postgres.ts";

/** Which of these server libraries, by their names without ending, the installation has. */
export async function presentLibraries(
  { binDir, programs }: Pick<FoundPostgres, "binDir" | "programs">,
  names: readonly string[],
): Promise<string[]> {
  if (names.length === 0) return [];
  const folders = [join(binDir, "..", "lib"), join(binDir, "..", "lib", "postgresql")];
  if (programs.includes("pg_config")) {
    const result = await runProgram(join(binDir, "pg_config"), ["--pkglibdir"], { timeoutMs: 5_000 });
    if (result.exitCode === 0) folders.push(result.stdout.trim());
  }
  return names.filter((name) =>
    folders.some((folder) => ["so", "dylib"].some((ending) => existsSync(join(folder, `${name}.${ending}`)))),
  );
}
