import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import type { TaskClaim } from "../claimed-task.ts";
import { checkClaims } from "./check-claims.ts";
import { claimColumns, optionalColumn } from "./claim-columns.ts";

const released = z.object({ taskId: z.string() });

/** Gives tasks back; see `TaskWork.release`. */
export async function releaseTasks(
  on: Executor,
  claims: readonly (TaskClaim & { readonly executionId?: string })[],
  options?: QueryOptions,
): Promise<readonly string[]> {
  checkClaims(claims, "the claims to release");
  if (claims.length === 0) return [];
  const executionIds = optionalColumn(claims, "uuid", ({ executionId }) => executionId);
  return await on.write.anyFirst(
    sql.type(released)`
      SELECT r.task_id AS "taskId" FROM tasks.release(${claimColumns(claims)}, ${executionIds}) AS r (task_id)
    `,
    options,
  );
}
