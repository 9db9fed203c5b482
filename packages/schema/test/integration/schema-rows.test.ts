import { clusters } from "@mister-smith/testkit";
import { Client } from "pg";
import { beforeAll, describe, expect, it } from "vitest";
import { type RelationName, rowSchemas } from "../../src/rows/index.ts";
import {
  ada,
  bob,
  build,
  fact,
  fixtures,
  insert,
  test,
  tokenHash,
  topic,
} from "../support/constraint-cases.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

const moment = "'2026-03-01 11:20:30.123456+01'";
const date = new Date("2026-03-01T10:20:30.123Z");
const json = `'{"a": [1, null, "x"]}'`;
const jsonValue = { a: [1, null, "x"] };

/** A row in which every column that may be empty is filled, and what some columns must come out as. */
const filled: Partial<Record<RelationName, readonly [string, Readonly<Record<string, unknown>>]>> = {
  "agents.registry": [
    insert("agents.registry", {
      agent_type: "'t'",
      agent_name: "'n'",
      status: "'idle'",
      capabilities: json,
      parent_agent_id: ada,
      created_at: moment,
      last_heartbeat: moment,
    }),
    { status: "idle", capabilities: jsonValue, created_at: date, last_heartbeat: date },
  ],
  "agents.state": [
    insert("agents.state", {
      agent_id: ada,
      state_key: "'k'",
      state_value: "'null'",
      version: "9223372036854775807",
      expires_at: "'2100-01-01Z'",
    }),
    { state_value: null, version: 9223372036854775807n, expires_at: new Date("2100-01-01T00:00:00Z") },
  ],
  "agents.checkpoints": [
    insert("agents.checkpoints", {
      agent_id: ada,
      checkpoint_name: "'c'",
      state_snapshot: json,
      kv_revision: "9007199254740993",
      trigger_event: "'t'",
    }),
    { state_snapshot: jsonValue, kv_revision: 9007199254740993n },
  ],
  "agents.lifecycle_events": [
    insert("agents.lifecycle_events", {
      agent_id: ada,
      event_type: "'e'",
      previous_status: "'active'",
      new_status: "'error'",
      triggered_by: bob,
    }),
    { previous_status: "active", new_status: "error" },
  ],
  "tasks.queue": [
    insert("tasks.queue", {
      task_type: "'deploy'",
      task_name: "'n'",
      assigned_agent_id: ada,
      created_by_agent_id: bob,
      parent_task_id: build,
      priority: "'critical'",
      scheduled_at: moment,
      started_at: "'2100-01-01Z'",
      completed_at: "'2100-01-02Z'",
      expires_at: "'2100-01-03Z'",
      max_execution_time: "'1 day 02:03:04.5'",
      fencing_token: "9007199254740993",
      order_key: "'o'",
      unique_key: "'u'",
    }),
    {
      parent_task_type: "build",
      priority: "critical",
      max_execution_time: 93_784_500,
      scheduled_at: date,
      fencing_token: 9007199254740993n,
    },
  ],
  "tasks.ready": [
    insert("tasks.ready", {
      task_type: "'test'",
      priority: "'low'",
      run_at: moment,
      task_id: test,
      expires_at: "'2100-01-03Z'",
    }),
    {
      assigned_agent_id: "00000000-0000-0000-0000-000000000000",
      priority: "low",
      run_at: date,
      seq: expect.any(BigInt),
    },
  ],
  "tasks.leases": [
    insert("tasks.leases", {
      task_id: build,
      task_type: "'build'",
      agent_id: ada,
      fencing_token: "7",
      started_at: moment,
      heartbeat_at: moment,
      expires_at: moment,
      progress: json,
    }),
    { fencing_token: 7n, expires_at: date, cancel_requested: false, progress: jsonValue },
  ],
  "tasks.dead_letters": [
    insert("tasks.dead_letters", {
      task_id: test,
      task_type: "'test'",
      failed_at: moment,
      attempts: "4",
      error_message: "'m'",
    }),
    { failed_at: date, attempts: 4n },
  ],
  "tasks.type_limits": [
    insert("tasks.type_limits", {
      task_type: "'build'",
      max_running: "10",
      rate_limit: "5",
      rate_period: "'1 minute'",
      rate_tokens: "0.0000125",
      rate_refilled_at: moment,
    }),
    { rate_period: 60_000, is_paused: false, rate_tokens: 0.0000125, rate_refilled_at: date },
  ],
  "tasks.schedules": [
    insert("tasks.schedules", {
      schedule_name: "'nightly'",
      task_type: "'build'",
      cron_expression: "'0 3 * * *'",
      task: `'{"priority": "low"}'`,
      next_run_at: moment,
      last_run_at: moment,
      last_task_id: test,
    }),
    { time_zone: "UTC", task: { priority: "low" }, is_active: true, next_run_at: date },
  ],
  "tasks.dependencies": [
    insert("tasks.dependencies", { task_id: build, depends_on_task_id: test, dependency_type: "'data'" }),
    { task_type: "build", depends_on_task_type: "test", dependency_type: "data" },
  ],
  "tasks.executions": [
    insert("tasks.executions", {
      task_id: build,
      agent_id: ada,
      started_at: moment,
      completed_at: "now()",
      status: "'completed'",
      result: "'7'",
      error_message: "'m'",
      error_details: json,
      cpu_time_ms: "4294967296",
      memory_peak_mb: "2048",
      io_operations: "1",
    }),
    { started_at: date, result: 7, cpu_time_ms: 4294967296n, memory_peak_mb: 2048, io_operations: 1n },
  ],
  "messages.deliveries": [
    insert("messages.deliveries", {
      message_id: fact,
      sent_at: moment,
      agent_id: ada,
      expires_at: moment,
      claimed_by: bob,
      delivered_at: moment,
      settled_at: moment,
      outcome: "'processed'",
      reason: "'r'",
    }),
    { queue_id: null, outcome: "processed", priority: 0, settled_at: date },
  ],
  "messages.channels": [
    insert("messages.channels", { channel_name: "'x'", channel_type: "'queue'", description: "'d'" }),
    { channel_type: "queue", is_active: true },
  ],
  "messages.subscriptions": [
    insert("messages.subscriptions", { agent_id: ada, channel_id: topic, message_pattern: "'p'" }),
    { message_pattern: "p", is_active: true },
  ],
  "messages.log": [
    insert("messages.log", {
      channel_id: topic,
      from_agent_id: ada,
      to_agent_id: bob,
      broadcast_to_type: "'t'",
      message_type: "'heartbeat'",
      subject: "'s'",
      correlation_id: fact,
      reply_to: "'r'",
      sent_at: moment,
      delivered_at: moment,
      processed_at: moment,
      expires_at: moment,
    }),
    { channel_type: "topic", message_type: "heartbeat", sent_at: date, priority: 0 },
  ],
  "sessions.active": [
    insert("sessions.active", {
      session_token: tokenHash,
      agent_id: ada,
      user_id: "'u'",
      ip_address: "'2001:db8::1'",
      user_agent: "'a'",
      expires_at: "'2100-01-01Z'",
    }),
    { session_type: "interactive", ip_address: "2001:db8::1" },
  ],
  "sync.positions": [
    insert("sync.positions", {
      pipe: "'agent_state'",
      stream: "'KV_AGENT_STATE'",
      incarnation: "1",
      sequence: "9007199254740993",
      anchor_time: moment,
      stream_created: moment,
    }),
    { sequence: 9007199254740993n, epoch: 0n, anchor_time: date, stream_created: date },
  ],
  "sync.incarnations": [
    insert("sync.incarnations", {
      pipe: "'agent_state'",
      incarnation: "2",
      stream_created: moment,
      began_at: moment,
      reason: "'tail lost'",
      last_sequence: "7",
    }),
    { reason: "tail lost", began_at: date, last_sequence: 7n },
  ],
  "tasks.unsettled": [
    `INSERT INTO tasks.unsettled (seq, task_id) OVERRIDING SYSTEM VALUE VALUES (9007199254740993, gen_random_uuid())`,
    { seq: 9007199254740993n },
  ],
  "sync.leases": [
    insert("sync.leases", { role: "'flush'", holder: "'h'", epoch: "3", expires_at: moment }),
    { epoch: 3n, expires_at: date },
  ],
  "sync.dead_letters": [
    insert("sync.dead_letters", {
      pipe: "'flush'",
      reason_code: "'VALUE_NOT_JSON'",
      reason: "'r'",
      subject: "'s'",
      message_key: "'k'",
      payload: "'\\x00ff'",
      headers: json,
      stream: "'KV_AGENT_STATE'",
      incarnation: "1",
      sequence: "7",
      event_id: "8",
      aggregate: "'a'",
      retried_at: moment,
    }),
    { payload: Buffer.from([0, 255]), headers: jsonValue, sequence: 7n, event_id: 8n, attempts: 1 },
  ],
  "sync.outbox": [
    insert("sync.outbox", {
      occurred_at: moment,
      kind: "'state'",
      operation: "'put'",
      aggregate: "'a'",
      subject: "'agents.state.a'",
      tenant: "'t'",
      payload: json,
    }),
    { occurred_at: date, kind: "state", origin: "sql", payload: jsonValue },
  ],
  "sync.outbox_pending": [
    `INSERT INTO sync.outbox_pending (event_id, occurred_at, parked_at)
     SELECT event_id, occurred_at, ${moment} FROM sync.outbox`,
    { occurred_at: date, attempts: 0, parked_at: date },
  ],
  "monitoring.alerts": [
    insert("monitoring.alerts", {
      metric_name: "'disk_usage_percent'",
      state: "'firing'",
      severity: "'critical'",
      value: "95.5",
      reason: "'r'",
      since: moment,
      turning_since: moment,
      checked_at: moment,
      scope: "'role'",
      scope_name: "'etl'",
      began_at: moment,
      unmeasured_since: moment,
      measured_at: moment,
      told_state: "'firing'",
      told_severity: "'warning'",
    }),
    { state: "firing", severity: "critical", value: 95.5, since: date, scope: "role", began_at: date },
  ],
  "monitoring.alert_overrides": [
    insert("monitoring.alert_overrides", {
      metric_name: "'cache_hit_ratio'",
      scope: "'database'",
      scope_name: "'x'",
      warning_threshold: "80.5",
      critical_threshold: "70",
    }),
    { scope: "database", scope_name: "x", warning_threshold: 80.5, enabled: true },
  ],
  "monitoring.alert_silences": [
    insert("monitoring.alert_silences", {
      metric_name: "'cache_hit_ratio'",
      scope: "'database'",
      scope_name: "'x'",
      reason: "'upgrade'",
      created_by: "'me'",
      starts_at: moment,
      ends_at: moment,
    }),
    { scope: "database", scope_name: "x", reason: "upgrade", ends_at: date },
  ],
  "monitoring.heartbeats": [
    insert("monitoring.heartbeats", {
      name: "'monitor'",
      holder: "'h'",
      beat_at: moment,
      beat_every: "'15 s'",
      told_at: moment,
    }),
    { name: "monitor", beat_every: 15_000, beat_at: date },
  ],
  "monitoring.alert_changes": [
    insert("monitoring.alert_changes", {
      metric_name: "'disk_usage_percent'",
      state: "'firing'",
      severity: "'warning'",
      value: "85",
      reason: "'r'",
      changed_at: moment,
      told_at: moment,
      scope: "'role'",
      scope_name: "'etl'",
      began_at: moment,
      routed_at: moment,
    }),
    { state: "firing", severity: "warning", value: 85, told_at: date, silenced: false, routed_at: date },
  ],
  "monitoring.alert_deliveries": [
    `INSERT INTO monitoring.alert_deliveries (change_id, channel, last_error, outcome, settled_at)
     SELECT c.change_id, 'pager', 'away', 'given up', ${moment} FROM monitoring.alert_changes AS c`,
    { attempts: 0, last_error: "away", outcome: "given up", settled_at: date },
  ],
  "monitoring.storage_changes": [
    insert("monitoring.storage_changes", {
      schema_name: "'tasks'",
      table_name: "'leases'",
      parameters: `'{"fillfactor": "70"}'`,
      previous: `'{"fillfactor": null}'`,
      reason: "'r'",
      observed: `'{"rows": 1}'`,
      changed_at: moment,
      reverted_at: moment,
    }),
    { parameters: { fillfactor: "70" }, previous: { fillfactor: null }, changed_at: date, reverted_at: date },
  ],
  "monitoring.query_plans": [
    insert("monitoring.query_plans", {
      query_hash: "'1'",
      query_text: "'SELECT 1'",
      plan_json: "'[1]'",
      captured_at: moment,
      mean_exec_time_ms: "1.5",
      calls: "9007199254740993",
      total_exec_time_ms: "1e3",
      plan_shape: "'same'",
      planned_text: "'SELECT CAST(1 AS integer)'",
      seen_at: moment,
    }),
    {
      plan_json: [1],
      captured_at: date,
      mean_exec_time_ms: 1.5,
      calls: 9007199254740993n,
      total_exec_time_ms: 1000,
      plan_source: "generic",
      planned_text: "SELECT CAST(1 AS integer)",
      seen_at: date,
    },
  ],
  "monitoring.index_recommendations": [
    insert("monitoring.index_recommendations", {
      schema_name: "'s'",
      table_name: "'t'",
      column_names: "'{a,b}'",
      recommendation_reason: "'r'",
      estimated_benefit: "'e'",
      query_patterns: "'{SELECT 1}'",
      scan_count: "9007199254740993",
      tuple_count: "2",
      status: "'implemented'",
      created_at: moment,
      implemented_at: moment,
      index_name: "'i'",
      definition: "'CREATE INDEX'",
      not_validated_because: "'n'",
      size_bytes: "8192",
      cost_before: "2.5",
      cost_after: "1.5",
      write_cost: "0.5",
      lost_hot_updates: "3",
      query_hashes: "'{1}'",
      decided_at: moment,
      decision_reason: "'d'",
    }),
    {
      column_names: ["a", "b"],
      index_type: "btree",
      scan_count: 9007199254740993n,
      status: "implemented",
      implemented_at: date,
      is_validated: false,
      size_bytes: 8192n,
      cost_before: 2.5,
      lost_hot_updates: 3n,
      watched_statements: {},
    },
  ],
  "monitoring.alert_thresholds": [
    insert("monitoring.alert_thresholds", {
      metric_name: "'m'",
      warning_threshold: "1.5",
      critical_threshold: "2",
      notification_channels: "'{a}'",
      created_at: moment,
    }),
    { warning_threshold: 1.5, direction: "above", notification_channels: ["a"], created_at: date },
  ],
  "knowledge.facts": [
    insert("knowledge.facts", {
      entity_type: "'t'",
      entity_id: "'i'",
      predicate: "'p'",
      object_value: "'1.5'",
      object_type: "'n'",
      source_agent_id: ada,
      confidence_score: "0.85",
      valid_until: "'2100-01-01Z'",
    }),
    { object_value: 1.5, confidence_score: 0.85 },
  ],
  "knowledge.embeddings": [
    insert("knowledge.embeddings", {
      fact_id: fact,
      embedding_model: "'m'",
      embedding_version: "'1'",
      text_content: "'t'",
      embedding_vector: "array_fill(0.5::REAL, ARRAY[1536])",
    }),
    { embedding_vector: Array.from({ length: 1536 }, () => 0.5) },
  ],
};

/** What is NULL even so: a JSON null, and the recipient of the other kind. */
const leftEmpty: Partial<Record<RelationName, readonly string[]>> = {
  "agents.state": ["state_value"],
  "messages.deliveries": ["queue_id"],
};

/** How Slonik, for one, has the driver parse what pg leaves as text or makes a class of. */
const asNumbers = {
  getTypeParser: (oid: number) => {
    if ([20, 23, 1700].includes(oid)) return Number;
    if (oid === 1184) return (text: string) => new Date(text).getTime();
    if (oid === 114 || oid === 3802) return JSON.parse;
    return (text: string) => text;
  },
};

describe.each(clusters())("the row schemas against PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);

  beforeAll(async () => {
    await database().client.query(fixtures);
    for (const [sql] of Object.values(filled)) await database().client.query(sql);
  });

  it.each(Object.keys(filled) as (keyof typeof filled)[])("parse a full row of %s", async (name) => {
    const { client } = database();
    const [, expected] = filled[name] ?? ["", {}];
    const { rows } = await client.query(`SELECT * FROM ${name} ORDER BY ctid DESC`);
    const parsed = rows.map((row) => rowSchemas[name].row.parse(row));
    expect(parsed).toContainEqual(expect.objectContaining(expected));
    const full = parsed.find((row) => expect.objectContaining(expected).asymmetricMatch(row));
    const empty = Object.entries(full ?? {}).filter(([, value]) => value === null);
    expect(empty.map(([column]) => column)).toEqual(leftEmpty[name] ?? []);
  });

  it.each(Object.keys(rowSchemas) as RelationName[])("parse every row of %s", async (name) => {
    const { rows } = await database().client.query(`SELECT * FROM ${name}`);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(Object.keys(rowSchemas[name].row.parse(row))).toEqual(Object.keys(row));
  });

  it("give the same from a driver that has numbers for times and integers", async () => {
    const numeric = new Client({ connectionString: database().url, types: asNumbers });
    await numeric.connect();
    const read = async (client: Client) => {
      const { rows } = await client.query("SELECT * FROM tasks.executions");
      return rows.map((row) => rowSchemas["tasks.executions"].row.parse(row));
    };
    expect(await read(numeric).finally(() => numeric.end())).toEqual(await read(database().client));
  });
});
