import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";

const input = z.array(z.guid()).max(10_000);

/** The identifiers of up to 10,000 tasks, each once, however it is spelled. */
export function checkedTaskIds(taskIds: readonly string[]): readonly string[] {
  const ids = parseInput(input, taskIds, "the identifiers of tasks");
  return [...new Set(ids.map((id) => id.toLowerCase()))];
}
