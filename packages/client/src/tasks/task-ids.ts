import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";

const input = z.array(z.guid()).max(10_000);

/** The identifiers of up to 10,000 tasks, each once. */
export function checkedTaskIds(taskIds: readonly string[]): readonly string[] {
  return [...new Set(parseInput(input, taskIds, "the identifiers of tasks"))];
}
