import { type Attempt, ada, build, insert, nobody } from "./constraint-cases.ts";

type Values = Readonly<Record<string, string>>;

const task = (values: Values) => insert("tasks.queue", { task_type: "'deploy'", ...values });
const lease = (values: Values) =>
  insert("tasks.leases", {
    task_id: build,
    task_type: "'build'",
    agent_id: ada,
    fencing_token: "1",
    started_at: "now()",
    heartbeat_at: "now()",
    expires_at: "now()",
    ...values,
  });
const orderKey = insert("tasks.order_keys", { task_type: "'build'", order_key: "'k'" });
const inLine = `INSERT INTO tasks.order_queue (task_type, order_key, seq, task_id) OVERRIDING SYSTEM VALUE
  VALUES ('build', 'k', 7, ${build})`;
const unsettled = `INSERT INTO tasks.unsettled (seq, task_id) OVERRIDING SYSTEM VALUE VALUES (7, ${build})`;
const uniqueKey = (taskId: string) =>
  insert("tasks.unique_keys", { task_type: "'build'", unique_key: "'k'", task_id: taskId });
const deadLetter = (values: Values) =>
  insert("tasks.dead_letters", {
    task_id: build,
    task_type: "'build'",
    attempts: "1",
    error_message: "'x'",
    ...values,
  });
const limits = (values: Values) => insert("tasks.type_limits", { task_type: "'build'", ...values });
const schedule = (values: Values) =>
  insert("tasks.schedules", {
    schedule_name: "'nightly'",
    task_type: "'build'",
    cron_expression: "'0 3 * * *'",
    next_run_at: "now()",
    ...values,
  });

/** What must not get into the tables that make a queue of the tasks. */
export const queueAttempts: readonly Attempt[] = [
  {
    title: "a task that was claimed a negative number of times",
    sql: task({ fencing_token: "-1" }),
    refusedBy: "tasks.queue.valid_fencing_token",
  },
  {
    title: "an order key without a character",
    sql: task({ order_key: "''" }),
    refusedBy: "tasks.queue.valid_order_key",
  },
  {
    title: "a unique key without a character",
    sql: task({ unique_key: "''" }),
    refusedBy: "tasks.queue.valid_unique_key",
  },
  {
    title: "a unique key that an unfinished task of the type has",
    sql: `${task({ unique_key: "'k'" })}; ${task({ unique_key: "'k'" })}`,
    refusedBy: "tasks.unique_keys.unique_keys_pkey",
    as: "unique",
  },
  {
    title: "a dependency with an unknown way to fail",
    sql: insert("tasks.dependencies", {
      task_id: build,
      depends_on_task_id: "'00000000-0000-4000-8000-0000000000b2'",
      on_failure: "'despair'",
    }),
    refusedBy: "tasks.dependencies.valid_on_failure",
  },

  {
    title: "a lease without a claim",
    sql: lease({ fencing_token: "0" }),
    refusedBy: "tasks.leases.valid_fencing_token",
  },
  {
    title: "two leases of one task",
    sql: `${lease({})}; ${lease({ fencing_token: "2" })}`,
    refusedBy: "tasks.leases.leases_pkey",
    as: "unique",
  },
  {
    title: "one order key twice",
    sql: `${orderKey}; ${orderKey}`,
    refusedBy: "tasks.order_keys.order_keys_pkey",
    as: "unique",
  },
  {
    title: "two tasks at one place of a line",
    sql: `${inLine}; ${inLine}`,
    refusedBy: "tasks.order_queue.order_queue_pkey",
    as: "unique",
  },
  {
    title: "two turns at once",
    sql: "INSERT INTO tasks.dependency_turns (turns) VALUES (0)",
    refusedBy: "tasks.dependency_turns.dependency_turns_pkey",
    as: "unique",
  },
  {
    title: "turns beside the turns",
    sql: "INSERT INTO tasks.dependency_turns (is_only, turns) VALUES (FALSE, 0)",
    refusedBy: "tasks.dependency_turns.one_row",
  },
  {
    title: "two notes at one place",
    sql: `${unsettled}; ${unsettled}`,
    refusedBy: "tasks.unsettled.unsettled_pkey",
    as: "unique",
  },
  {
    title: "one unique key of two tasks",
    sql: `${uniqueKey(build)}; ${uniqueKey(nobody)}`,
    refusedBy: "tasks.unique_keys.unique_keys_pkey",
    as: "unique",
  },
  {
    title: "one task dead twice",
    sql: `${deadLetter({})}; ${deadLetter({})}`,
    refusedBy: "tasks.dead_letters.dead_letters_pkey",
    as: "unique",
  },
  {
    title: "a dead letter of no task",
    sql: deadLetter({ task_id: nobody }),
    refusedBy: "tasks.dead_letters.dead_letters_task_fkey",
    as: "foreign-key",
  },

  {
    title: "limits of no type",
    sql: limits({ task_type: "''" }),
    refusedBy: "tasks.type_limits.valid_task_type",
  },
  {
    title: "a type of which none may run",
    sql: limits({ max_running: "0" }),
    refusedBy: "tasks.type_limits.valid_max_running",
  },
  {
    title: "a type of which none may start",
    sql: limits({ rate_limit: "0" }),
    refusedBy: "tasks.type_limits.valid_rate_limit",
  },
  {
    title: "a rate over no time",
    sql: limits({ rate_limit: "1", rate_period: "'0'" }),
    refusedBy: "tasks.type_limits.valid_rate_period",
  },
  {
    title: "two limits of one type",
    sql: `${limits({})}; ${limits({})}`,
    refusedBy: "tasks.type_limits.type_limits_pkey",
    as: "unique",
  },

  {
    title: "a schedule without a name",
    sql: schedule({ schedule_name: "''" }),
    refusedBy: "tasks.schedules.valid_schedule_name",
  },
  {
    title: "a schedule of tasks without a type",
    sql: schedule({ task_type: "''" }),
    refusedBy: "tasks.schedules.valid_task_type",
  },
  {
    title: "a schedule that says no time",
    sql: schedule({ cron_expression: "''" }),
    refusedBy: "tasks.schedules.valid_cron_expression",
  },
  {
    title: "a schedule whose task is no object",
    sql: schedule({ task: "'[]'" }),
    refusedBy: "tasks.schedules.valid_task",
  },
  {
    title: "two schedules of one name",
    sql: `${schedule({})}; ${schedule({})}`,
    refusedBy: "tasks.schedules.schedules_pkey",
    as: "unique",
  },
];
