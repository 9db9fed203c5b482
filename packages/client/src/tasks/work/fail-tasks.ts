import { taskStatusType } from "@mister-smith/schema";
import { z } from "zod";
import type { Executor } from "../../executor/executor.ts";
import { jsonText } from "../../json/json-text.ts";
import { sql } from "../../statement/sql.ts";
import type { TaskFailed, TaskFailure } from "../task-work.ts";
import { checkClaims, checkMessages } from "./check-claims.ts";
import { claimColumns, optionalColumn } from "./claim-columns.ts";
import type { EndOptions } from "./end-options.ts";

const failed = z.object({ taskId: z.string(), status: taskStatusType, scheduledAt: z.date().nullable() });

/** Ends attempts that failed; see `TaskWork.fail`. */
export async function failTasks(
  on: Executor,
  failures: readonly TaskFailure[],
  options?: EndOptions,
): Promise<readonly TaskFailed[]> {
  checkClaims(failures, "the failures");
  checkMessages(failures);
  if (failures.length === 0) return [];
  const messages = failures.map(({ message }) => message);
  const details = optionalColumn(failures, "jsonb", ({ taskId, details }) =>
    details === undefined ? undefined : jsonText(details, `the error details of task ${taskId}`),
  );
  const mayRetry = optionalColumn(failures, "bool", ({ mayRetry }) => mayRetry);
  const executionIds = optionalColumn(failures, "uuid", ({ executionId }) => executionId);
  const delays = optionalColumn(failures, "int8", ({ retryDelayMs }) => retryDelayMs);
  return await on.write.any(
    sql.type(failed)`
      SELECT f.task_id AS "taskId", f.status AS "status", f.scheduled_at AS "scheduledAt"
      FROM tasks.fail(
        ${claimColumns(failures, options?.lockWaitMs)}, ${sql.array(messages, "text")}, ${details}, ${mayRetry}, ${executionIds}, ${delays}
      ) AS f
    `,
    options,
  );
}
