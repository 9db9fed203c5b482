/** A type that a replayed column has in the database. */
export type ColumnType =
  | "uuid"
  | "text"
  | "jsonb"
  | "timestamptz"
  | "bigint"
  | "integer"
  | "numeric"
  | "agent_status_type"
  | "task_status_type"
  | "task_priority_type"
  | "message_type";

/** What a replay writes of one table: those columns are compared afterwards, the others are the server's own. */
export interface TablePlan {
  readonly schema: string;
  readonly name: string;
  /** The columns that tell two rows apart. */
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Which rows belong to a run: those whose column holds one of the run's own agents, tasks or channels. */
  readonly scope: { readonly column: string; readonly owner: Owner };
}

/** The kinds of things whose ids say that a row belongs to a run. */
export type Owner = "agent" | "task" | "channel";

/** Every table that a replay writes, in the order in which foreign keys let rows be inserted. */
export const tables = {
  "agents.registry": {
    schema: "agents",
    name: "registry",
    key: ["agent_id"],
    columns: {
      agent_id: "uuid",
      agent_type: "text",
      agent_name: "text",
      status: "agent_status_type",
      capabilities: "jsonb",
      configuration: "jsonb",
      metadata: "jsonb",
      parent_agent_id: "uuid",
      created_at: "timestamptz",
      last_heartbeat: "timestamptz",
    },
    scope: { column: "agent_id", owner: "agent" },
  },
  "agents.state": {
    schema: "agents",
    name: "state",
    key: ["agent_id", "state_key"],
    columns: {
      agent_id: "uuid",
      state_key: "text",
      state_value: "jsonb",
      version: "bigint",
      created_at: "timestamptz",
      expires_at: "timestamptz",
    },
    scope: { column: "agent_id", owner: "agent" },
  },
  "agents.checkpoints": {
    schema: "agents",
    name: "checkpoints",
    key: ["checkpoint_id"],
    columns: {
      checkpoint_id: "uuid",
      agent_id: "uuid",
      checkpoint_name: "text",
      state_snapshot: "jsonb",
      trigger_event: "text",
      created_at: "timestamptz",
    },
    scope: { column: "agent_id", owner: "agent" },
  },
  "agents.lifecycle_events": {
    schema: "agents",
    name: "lifecycle_events",
    key: ["event_id", "created_at"],
    columns: {
      event_id: "uuid",
      agent_id: "uuid",
      event_type: "text",
      previous_status: "agent_status_type",
      new_status: "agent_status_type",
      event_data: "jsonb",
      created_at: "timestamptz",
    },
    scope: { column: "agent_id", owner: "agent" },
  },
  "tasks.queue": {
    schema: "tasks",
    name: "queue",
    key: ["task_id", "task_type"],
    columns: {
      task_id: "uuid",
      task_type: "text",
      task_name: "text",
      assigned_agent_id: "uuid",
      created_by_agent_id: "uuid",
      parent_task_id: "uuid",
      parent_task_type: "text",
      payload: "jsonb",
      metadata: "jsonb",
      status: "task_status_type",
      priority: "task_priority_type",
      started_at: "timestamptz",
      completed_at: "timestamptz",
      created_at: "timestamptz",
    },
    scope: { column: "assigned_agent_id", owner: "agent" },
  },
  "tasks.dependencies": {
    schema: "tasks",
    name: "dependencies",
    key: ["dependency_id"],
    columns: {
      dependency_id: "uuid",
      task_id: "uuid",
      task_type: "text",
      depends_on_task_id: "uuid",
      depends_on_task_type: "text",
      created_at: "timestamptz",
    },
    scope: { column: "task_id", owner: "task" },
  },
  "tasks.executions": {
    schema: "tasks",
    name: "executions",
    key: ["execution_id", "started_at"],
    columns: {
      execution_id: "uuid",
      task_id: "uuid",
      task_type: "text",
      agent_id: "uuid",
      started_at: "timestamptz",
      completed_at: "timestamptz",
      status: "task_status_type",
      result: "jsonb",
      error_message: "text",
      error_details: "jsonb",
      cpu_time_ms: "bigint",
      memory_peak_mb: "integer",
      io_operations: "bigint",
    },
    scope: { column: "agent_id", owner: "agent" },
  },
  "messages.channels": {
    schema: "messages",
    name: "channels",
    key: ["channel_id"],
    columns: {
      channel_id: "uuid",
      channel_name: "text",
      channel_type: "text",
      description: "text",
      configuration: "jsonb",
      created_at: "timestamptz",
    },
    scope: { column: "channel_id", owner: "channel" },
  },
  "messages.subscriptions": {
    schema: "messages",
    name: "subscriptions",
    key: ["subscription_id"],
    columns: {
      subscription_id: "uuid",
      agent_id: "uuid",
      channel_id: "uuid",
      message_pattern: "text",
      filters: "jsonb",
      created_at: "timestamptz",
    },
    scope: { column: "agent_id", owner: "agent" },
  },
  "messages.log": {
    schema: "messages",
    name: "log",
    key: ["message_id", "sent_at"],
    columns: {
      message_id: "uuid",
      channel_id: "uuid",
      from_agent_id: "uuid",
      to_agent_id: "uuid",
      broadcast_to_type: "text",
      message_type: "message_type",
      subject: "text",
      payload: "jsonb",
      headers: "jsonb",
      correlation_id: "uuid",
      reply_to: "text",
      sent_at: "timestamptz",
      priority: "integer",
    },
    scope: { column: "channel_id", owner: "channel" },
  },
  "knowledge.facts": {
    schema: "knowledge",
    name: "facts",
    key: ["fact_id"],
    columns: {
      fact_id: "uuid",
      entity_type: "text",
      entity_id: "text",
      predicate: "text",
      object_value: "jsonb",
      object_type: "text",
      source_agent_id: "uuid",
      confidence_score: "numeric",
      evidence: "jsonb",
      created_at: "timestamptz",
      valid_from: "timestamptz",
    },
    scope: { column: "source_agent_id", owner: "agent" },
  },
} as const satisfies Readonly<Record<string, TablePlan>>;

/** The name of a table that a replay writes, with its schema. */
export type TableName = keyof typeof tables;

/** The columns of a table; a column that is left out is NULL. */
export type Column<Table extends TableName> = keyof (typeof tables)[Table]["columns"] & string;

/** The names of all tables, in the order in which foreign keys let rows be inserted. */
export const tableNames: readonly TableName[] = Object.keys(tables).filter(isTableName);

/** Whether a name is that of a replayed table. */
export function isTableName(name: string): name is TableName {
  return Object.hasOwn(tables, name);
}

/** What a replay writes of one table, with its columns as a map. */
export function tablePlan(table: TableName): TablePlan {
  return tables[table];
}
