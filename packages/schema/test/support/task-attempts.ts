import { type Attempt, ada, build, insert, nobody, test } from "./constraint-cases.ts";

const task = (values: Readonly<Record<string, string>>) =>
  insert("tasks.queue", { task_type: "'deploy'", ...values });
const dependency = (values: Readonly<Record<string, string>>) =>
  insert("tasks.dependencies", { task_id: build, depends_on_task_id: test, ...values });
const execution = (values: Readonly<Record<string, string>>) =>
  insert("tasks.executions", { task_id: build, agent_id: ada, ...values });

const inconsistent = (title: string, values: Readonly<Record<string, string>>): Attempt => ({
  title: `an execution that is ${title}`,
  sql: execution(values),
  refusedBy: "tasks.executions.completion_consistency",
});

/** What must not get into schema tasks. */
export const taskAttempts: readonly Attempt[] = [
  {
    title: "a task without a type",
    sql: task({ task_type: "''" }),
    refusedBy: "tasks.queue.valid_task_type",
  },
  {
    title: "a negative number of retries",
    sql: task({ retry_count: "-1" }),
    refusedBy: "tasks.queue.valid_retry_count",
  },
  {
    title: "more retries than are allowed",
    sql: task({ retry_count: "4", max_retries: "3" }),
    refusedBy: "tasks.queue.valid_retry_count",
  },
  {
    title: "a task that started before it was created",
    sql: task({ started_at: "now() - INTERVAL '1 hour'" }),
    refusedBy: "tasks.queue.valid_timing",
  },
  {
    title: "a task that ended before it started",
    sql: task({ started_at: "now() + INTERVAL '2 hours'", completed_at: "now() + INTERVAL '1 hour'" }),
    refusedBy: "tasks.queue.valid_timing",
  },
  {
    title: "a task that ended before it was created",
    sql: task({ completed_at: "now() - INTERVAL '1 hour'" }),
    refusedBy: "tasks.queue.valid_timing",
  },
  {
    title: "a task that expired when it was created",
    sql: task({ expires_at: "now()" }),
    refusedBy: "tasks.queue.valid_timing",
  },
  ...["status", "priority", "max_retries", "retry_count", "created_at", "payload", "metadata"].map(
    (column) => ({
      title: `a task with NULL as ${column}`,
      sql: task({
        [column]: "NULL",
        retry_count: column === "retry_count" ? "NULL" : "99",
        max_retries: column === "max_retries" ? "NULL" : "99",
      }),
      refusedBy: `tasks.queue.${column}`,
      as: "not-null" as const,
    }),
  ),
  {
    title: "a task that is its own parent",
    sql: task({ task_id: nobody, parent_task_id: nobody, parent_task_type: "'deploy'" }),
    refusedBy: "tasks.queue.no_self_parent",
  },
  {
    title: "a parent of another type than it has",
    sql: task({ parent_task_id: build, parent_task_type: "'test'" }),
    refusedBy: "tasks.queue.queue_parent_fkey",
    as: "foreign-key",
  },
  {
    title: "the type of a parent without its id",
    sql: task({ parent_task_type: "'build'" }),
    refusedBy: "tasks.queue.queue_parent_fkey",
    as: "foreign-key",
  },
  {
    title: "the id of a parent without its type, after the fact",
    sql: `${task({ parent_task_id: build })}; UPDATE tasks.queue SET parent_task_type = NULL`,
    refusedBy: "tasks.queue.queue_parent_fkey",
    as: "foreign-key",
  },
  {
    title: "a task for nobody",
    sql: task({ assigned_agent_id: nobody }),
    refusedBy: "tasks.queue.queue_assigned_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "a task that nobody created",
    sql: task({ created_by_agent_id: nobody }),
    refusedBy: "tasks.queue.queue_created_by_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same task twice",
    sql: task({ task_id: build, task_type: "'build'" }),
    refusedBy: "tasks.queue.queue_pkey",
    as: "unique",
  },

  {
    title: "a task that waits for itself",
    sql: dependency({ depends_on_task_id: build }),
    refusedBy: "tasks.dependencies.no_self_dependency",
  },
  {
    title: "a dependency of an unknown type",
    sql: dependency({ dependency_type: "'hope'" }),
    refusedBy: "tasks.dependencies.valid_dependency_type",
  },
  {
    title: "a dependency with NULL as its type",
    sql: dependency({ dependency_type: "NULL" }),
    refusedBy: "tasks.dependencies.dependency_type",
    as: "not-null",
  },
  {
    title: "the same dependency twice",
    sql: `${dependency({})}; ${dependency({ dependency_type: "'data'" })}`,
    refusedBy: "tasks.dependencies.dependencies_task_id_depends_on_task_id_key",
    as: "unique",
  },
  {
    title: "a dependency with the id of another",
    sql: `${dependency({ dependency_id: nobody })}; ${dependency({ dependency_id: nobody, task_id: test, depends_on_task_id: build })}`,
    refusedBy: "tasks.dependencies.dependencies_pkey",
    as: "unique",
  },
  {
    title: "a dependency of a task under a type that it has not",
    sql: dependency({ task_type: "'test'" }),
    refusedBy: "tasks.dependencies.dependencies_task_fkey",
    as: "foreign-key",
  },
  {
    title: "a dependency on a task under a type that it has not",
    sql: dependency({ depends_on_task_type: "'build'" }),
    refusedBy: "tasks.dependencies.dependencies_depends_on_fkey",
    as: "foreign-key",
  },

  {
    title: "attempt number 0",
    sql: execution({ execution_attempt: "0" }),
    refusedBy: "tasks.executions.valid_execution_attempt",
  },
  inconsistent("completed without an end", { status: "'completed'", result: "'{}'" }),
  inconsistent("completed without a result", { status: "'completed'", completed_at: "now()" }),
  inconsistent("failed without an end", { status: "'failed'", error_message: "'x'" }),
  inconsistent("failed without a message", { status: "'failed'", completed_at: "now()" }),
  inconsistent("cancelled without an end", { status: "'cancelled'" }),
  inconsistent("running with an end", { completed_at: "now()" }),
  inconsistent("paused with an end", { status: "'paused'", completed_at: "now()" }),
  inconsistent("still to begin", { status: "'pending'" }),
  inconsistent("queued", { status: "'queued'" }),
  {
    title: "an execution with NULL as status",
    sql: execution({ status: "NULL", completed_at: "now()" }),
    refusedBy: "tasks.executions.status",
    as: "not-null",
  },
  {
    title: "an execution of a task under a type that it has not",
    sql: execution({ task_type: "'test'" }),
    refusedBy: "tasks.executions.executions_task_fkey",
    as: "foreign-key",
  },
  {
    title: "an execution by nobody",
    sql: execution({ agent_id: nobody }),
    refusedBy: "tasks.executions.executions_agent_id_fkey",
    as: "foreign-key",
  },
  {
    title: "the same execution twice",
    sql: `${execution({ execution_id: nobody, started_at: "'2026-01-01'" })}; ${execution({ execution_id: nobody, started_at: "'2026-01-01'" })}`,
    refusedBy: "tasks.executions.executions_pkey",
    as: "unique",
  },
];
