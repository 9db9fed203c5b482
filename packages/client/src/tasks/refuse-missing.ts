import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";

/** A task or an agent that a task names. */
export interface TaskReference {
  /** Where, as in "the tasks to enqueue: [0].parentTaskId". */
  readonly place: string;
  readonly kind: "task" | "agent";
  readonly id: string;
  /** The task that names it. It names nothing when it is there already, or another one has its unique key. */
  readonly of?: {
    readonly taskId?: string | undefined;
    readonly taskType: string;
    readonly uniqueKey?: string | undefined;
  };
}

/**
 * Refuses references to what does not exist, before a statement that the server would refuse for them, and with it the
 * transaction that it is part of. What is there can then not be removed until the transaction ends.
 *
 * @throws ClientError `NOT_FOUND`
 */
export async function refuseMissing(
  on: Pick<Executor, "write">,
  references: readonly TaskReference[],
  options?: QueryOptions,
): Promise<void> {
  if (references.length === 0) return;
  const missing = await on.write.maybeOne(firstMissing(references), options);
  if (missing === null) return;
  const { kind, place, id } = missing;
  throw new ClientError("NOT_FOUND", `${place}: ${kind} ${id} does not exist`, {
    hint: kind === "task" ? "Enqueue that task first." : "Register the agent first.",
    details: { place, id },
  });
}

function firstMissing(references: readonly TaskReference[]) {
  const records = references.map(({ of, ...named }) => ({
    ...named,
    own_id: of?.taskId,
    own_type: of?.taskType,
    own_key: of?.uniqueKey,
  }));
  return sql.type(z.object({ place: z.string(), kind: z.enum(["task", "agent"]), id: z.string() }))`
    WITH named AS MATERIALIZED (
      SELECT n.* FROM pg_catalog.jsonb_to_recordset(${JSON.stringify(records)}::JSONB) AS n (
        place TEXT, kind TEXT, id UUID, own_id UUID, own_type TEXT, own_key TEXT
      )
      WHERE NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = n.own_id AND q.task_type = n.own_type)
        AND NOT EXISTS (
          SELECT FROM tasks.unique_keys AS k WHERE k.task_type = n.own_type AND k.unique_key = n.own_key
        )
    ),
    found_tasks AS MATERIALIZED (
      SELECT q.task_id FROM tasks.queue AS q
      WHERE q.task_id = ANY (ARRAY(SELECT n.id FROM named AS n WHERE n.kind = 'task'))
      ORDER BY q.task_id
      FOR KEY SHARE
    ),
    found_agents AS MATERIALIZED (
      SELECT a.agent_id FROM agents.registry AS a
      WHERE a.agent_id = ANY (ARRAY(SELECT n.id FROM named AS n WHERE n.kind = 'agent'))
      ORDER BY a.agent_id
      FOR KEY SHARE
    )
    SELECT n.place AS "place", n.kind AS "kind", n.id AS "id"
    FROM named AS n
    WHERE NOT CASE n.kind
      WHEN 'task' THEN n.id IN (SELECT f.task_id FROM found_tasks AS f)
      ELSE n.id IN (SELECT f.agent_id FROM found_agents AS f)
    END
    LIMIT 1`;
}
