import { basename } from "node:path";
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { DamagedRunError, type Place } from "../files/damaged-run-error.ts";
import { parseJson, placeOf } from "../files/parse-json.ts";
import type { FileText } from "../files/read-text.ts";
import { issueWords, pathText } from "../format/issue-words.ts";
import type { Run } from "../run.ts";
import { eventsOfTrajectory } from "./events-of-trajectory.ts";
import { trajectoryFile } from "./trajectory.ts";

/** Reads a `.traj` file of SWE-agent. Throws {@link DamagedRunError} with the place of the first fault. */
export function parseTrajectory(file: string, { text, digest }: FileText): Run {
  const parsed = parseJson(text);
  if (!parsed.ok) throw new DamagedRunError(file, placeOf(text, parsed.offset), parsed.reason);
  const result = trajectoryFile.safeParse(parsed.value);
  if (!result.success) {
    const { path, reason } = issueWords(result.error);
    throw new DamagedRunError(file, placeOfPath(text, path), reason);
  }
  const id = runId(file, digest);
  return {
    id,
    title: undefined,
    startedAt: undefined,
    source: { format: "swe-agent trajectory" },
    file,
    digest,
    events: eventsOfTrajectory(id, result.data),
  };
}

// The recording has no id of its own: the file's name for people, its digest so that no two runs share one.
function runId(file: string, digest: string): string {
  const words = basename(file)
    .replace(/\.traj$/, "")
    .replace(/[^\w.=-]/g, "_");
  return `${words.slice(0, 83)}-${digest.slice(0, 16)}`;
}

function placeOfPath(text: string, path: readonly PropertyKey[]): Place {
  const tree = parseTree(text);
  const segments = path.filter((part) => typeof part !== "symbol");
  // A field that is missing has no place of its own: its object has.
  for (let length = segments.length; tree !== undefined && length >= 0; length--) {
    const node = findNodeAtLocation(tree, segments.slice(0, length));
    if (node !== undefined) return { ...placeOf(text, node.offset), path: pathText(path) };
  }
  return { line: 1, path: pathText(path) };
}
