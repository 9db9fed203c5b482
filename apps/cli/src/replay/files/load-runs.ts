import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { parseRun } from "../format/parse-run.ts";
import type { Run } from "../run.ts";
import { parseTrajectory } from "../sweagent/parse-trajectory.ts";
import { DamagedRunError } from "./damaged-run-error.ts";
import { readText } from "./read-text.ts";

/**
 * Reads and checks all runs before any of them is used. A path is a file, or a folder of which all `.jsonl` and
 * `.traj` files are read, in the order of their names.
 *
 * @throws DamagedRunError for the file that is damaged, or one error that lists all of them
 */
export async function loadRuns(paths: readonly string[]): Promise<readonly Run[]> {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const runs: Run[] = [];
  const damaged: DamagedRunError[] = [];
  for (const file of files) {
    try {
      runs.push(await loadRun(file));
    } catch (error) {
      if (!(error instanceof DamagedRunError)) throw error;
      damaged.push(error);
    }
  }
  refuseDamaged(damaged, files.length);
  refuseTwins(runs);
  return runs;
}

async function loadRun(file: string): Promise<Run> {
  const read = await readText(file);
  return file.endsWith(".traj") ? parseTrajectory(file, read) : parseRun(file, read);
}

async function filesOf(path: string): Promise<readonly string[]> {
  if (isRunFile(path)) return [path];
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) throw unknownKind(path, found !== undefined);
  const names = (await readdir(path)).filter(isRunFile).sort();
  if (names.length > 0) return names.map((name) => join(path, name));
  throw new SmithError("NO_RUNS", `the folder ${path} holds no .jsonl and no .traj file`, {
    hint: "Name a folder that holds recorded runs, or the files themselves.",
  });
}

function isRunFile(path: string): boolean {
  return path.endsWith(".jsonl") || path.endsWith(".traj");
}

function unknownKind(path: string, exists: boolean): SmithError {
  if (!exists) {
    return new SmithError("RUN_UNREADABLE", `${path} does not exist`, { hint: "Check the path." });
  }
  return new SmithError("RUN_KIND_UNKNOWN", `${path} ends neither in .jsonl nor in .traj`, {
    hint: "Recorded runs are read as JSON Lines (.jsonl, see docs/replay-format.md) or SWE-agent trajectories (.traj).",
  });
}

function refuseDamaged(damaged: readonly DamagedRunError[], files: number): void {
  const [first] = damaged;
  if (first === undefined) return;
  if (damaged.length === 1) throw first;
  const lines = damaged.map((error) => `  ${error.message}`);
  throw new SmithError(
    "RUN_DAMAGED",
    `${damaged.length} of ${files} files are damaged\n${lines.join("\n")}`,
    {
      hint: first.hint ?? "",
      details: { damaged: damaged.map((error) => error.details) },
    },
  );
}

function refuseTwins(runs: readonly Run[]): void {
  const byId = new Map<string, Run>();
  for (const run of runs) {
    const twin = byId.get(run.id);
    if (twin !== undefined) {
      throw new SmithError("RUN_GIVEN_TWICE", `${twin.file} and ${run.file} are both run ${run.id}`, {
        hint: "Leave one of them out; `--agents` lives a run several times.",
      });
    }
    byId.set(run.id, run);
  }
}
