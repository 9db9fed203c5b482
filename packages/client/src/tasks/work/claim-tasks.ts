import { taskPriorityType } from "@mister-smith/schema";
import { z } from "zod";
import { ClientError } from "../../errors/client-error.ts";
import { parseInput } from "../../errors/parse-input.ts";
import type { Executor } from "../../executor/executor.ts";
import { isTransaction } from "../../executor/is-transaction.ts";
import type { QueryOptions } from "../../queryable/query-options.ts";
import { sql } from "../../statement/sql.ts";
import { textInput } from "../../text/text-input.ts";
import { writtenTime } from "../../time/time-input.ts";
import type { ClaimedTask } from "../claimed-task.ts";
import { taskFault } from "../task-fault.ts";
import type { ClaimTasks } from "../task-work.ts";
import { maxAttempts } from "./claim-columns.ts";
import { timeReader } from "./time-reader.ts";

/** What is claimed when nothing else is said. */
export const claimDefaults = { limit: 1, leaseMs: 30_000 } as const;

const priorities = taskPriorityType.options.length;

const claimInput = z
  .strictObject({
    agentId: z.guid(),
    taskTypes: z.array(textInput(100)).min(1),
    limit: z.int().min(1).max(maxAttempts).default(claimDefaults.limit),
    leaseMs: z.int().min(1).max(86_400_000).default(claimDefaults.leaseMs),
    after: z.array(writtenTime.nullable()).optional(),
    durable: z.boolean().optional(),
  })
  .refine(({ taskTypes, after }) => after === undefined || after.length === taskTypes.length * priorities, {
    error: `after has ${priorities} times for each type`,
    path: ["after"],
  });

/** A task as the statement gives it. */
interface ClaimedRow {
  fencingToken: string | number | bigint;
  runAt: string | Date;
  createdAt: string | Date;
  expiresAt: string | Date | null;
  leaseExpiresAt: string | Date;
}

const readRunAt = timeReader();
const readCreatedAt = timeReader();
const readExpiresAt = timeReader();
const readLeaseExpiresAt = timeReader();

// The columns come from our own function: they are not looked through again for each of thousands of tasks.
const claimed = z.unknown().transform((row) => {
  const task = row as ClaimedRow;
  task.fencingToken = BigInt(task.fencingToken);
  task.runAt = readRunAt(String(task.runAt));
  task.createdAt = readCreatedAt(String(task.createdAt));
  if (task.expiresAt !== null) task.expiresAt = readExpiresAt(String(task.expiresAt));
  task.leaseExpiresAt = readLeaseExpiresAt(String(task.leaseExpiresAt));
  return row as ClaimedTask;
});

/** Claims tasks; see `TaskWork.claim`. */
export async function claimTasks(
  on: Executor,
  request: ClaimTasks,
  options?: QueryOptions,
): Promise<readonly ClaimedTask[]> {
  const { agentId, taskTypes, limit, leaseMs, after, durable } = parseInput(
    claimInput,
    request,
    "which tasks to claim",
  );
  // What the caller commits there must not lose its durability.
  const isInTransaction = isTransaction(on);
  if (isInTransaction && durable === false)
    throw new ClientError("INVALID_INPUT", "a claim within a transaction cannot have durable: false", {
      hint: "Leave durable out there: it would hold for all that the transaction commits.",
    });
  const isDurable = durable ?? isInTransaction;
  const bounds = after === undefined ? null : after.map((time) => time?.toISOString() ?? null);
  try {
    const tasks = await on.write.any(
      sql.type(claimed)`
      SELECT
        c.task_id AS "taskId", c.fencing_token AS "fencingToken", c.task_type AS "taskType", c.priority AS "priority",
        c.run_at::TEXT AS "runAt", c.payload AS "payload", c.configuration AS "configuration", c.metadata AS "metadata",
        c.task_name AS "taskName", c.created_by_agent_id AS "createdByAgentId", c.parent_task_id AS "parentTaskId",
        c.created_at::TEXT AS "createdAt", c.expires_at::TEXT AS "expiresAt", c.lease_expires_at::TEXT AS "leaseExpiresAt",
        c.max_execution_ms AS "maxExecutionMs", c.max_retries AS "maxRetries", c.retry_count AS "retryCount",
        c.order_key AS "orderKey", c.unique_key AS "uniqueKey"
      FROM ${isInTransaction ? livingAgent(agentId) : sql.fragment``} tasks.claim(
        ${agentId}::UUID, ${sql.array(taskTypes, "text")}, ${limit}::INTEGER,
        ${leaseMs}::DOUBLE PRECISION * INTERVAL '1 millisecond',
        ${bounds === null ? sql.fragment`NULL` : sql.array(bounds, "timestamptz")}, ${isDurable}::BOOLEAN
      ) AS c
    `,
      options,
    );
    if (isInTransaction && tasks.length === 0) await refuseNobody(on, agentId, options);
    return tasks;
  } catch (error) {
    throw taskFault(error);
  }
}

// Nothing is claimed for nobody, where the server would refuse it, and with it the whole transaction.
function livingAgent(agentId: string) {
  return sql.fragment`(
    SELECT FROM agents.registry AS a
    WHERE a.agent_id = ${agentId}::UUID AND a.status <> 'terminated'
    FOR KEY SHARE
  ) AS living CROSS JOIN LATERAL`;
}

async function refuseNobody(
  { write }: Pick<Executor, "write">,
  agentId: string,
  options?: QueryOptions,
): Promise<void> {
  const status = await write.maybeOneFirst(
    sql.type(z.object({ status: z.string() }))`
      SELECT a.status AS "status" FROM agents.registry AS a WHERE a.agent_id = ${agentId}::UUID`,
    options,
  );
  if (status === null)
    throw new ClientError("NOT_FOUND", `agent ${agentId} does not exist, so it cannot claim tasks`, {
      hint: "Register the agent first.",
      details: { agentId },
    });
  if (status === "terminated")
    throw new ClientError("WRONG_STATUS", `agent ${agentId} is terminated, so it cannot claim tasks`, {
      hint: "Register a new agent, or claim as another one.",
      details: { agentId },
    });
}
