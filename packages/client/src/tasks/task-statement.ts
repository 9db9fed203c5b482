import { z } from "zod";
import { sql } from "../statement/sql.ts";

/** A task and what became of it. */
export const taskOutcome = z.object({ taskId: z.string(), outcome: z.string() });

/** The identifiers of tasks for a statement. */
export function taskIdArray(taskIds: readonly string[]) {
  return sql.array([...taskIds], "uuid");
}
