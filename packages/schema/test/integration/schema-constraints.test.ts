import { clusters } from "@mister-smith/testkit";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { agentAttempts } from "../support/agent-attempts.ts";
import {
  type Attempt,
  ada,
  bob,
  broadcast,
  build,
  direct,
  fact,
  fixtures,
  insert,
  queue,
  tokenHash,
  topic,
} from "../support/constraint-cases.ts";
import { messageAttempts } from "../support/message-attempts.ts";
import { monitoringAttempts } from "../support/monitoring-attempts.ts";
import { otherAttempts } from "../support/other-attempts.ts";
import { queueAttempts } from "../support/queue-attempts.ts";
import { refusalOf } from "../support/refusal.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { syncAttempts } from "../support/sync-attempts.ts";
import { taskAttempts } from "../support/task-attempts.ts";

const attempts: readonly Attempt[] = [
  ...agentAttempts,
  ...taskAttempts,
  ...queueAttempts,
  ...messageAttempts,
  ...otherAttempts,
  ...syncAttempts,
  ...monitoringAttempts,
];

const codes = { check: "23514", "not-null": "23502", unique: "23505", "foreign-key": "23503" } as const;

const accepted: readonly (readonly [string, string])[] = [
  [
    "a root agent with nothing but type and name",
    insert("agents.registry", { agent_type: "'t'", agent_name: "'n'" }),
  ],
  [
    "an event that is not about the status",
    insert("agents.lifecycle_events", { agent_id: ada, event_type: "'note'" }),
  ],
  [
    "the first status of an agent",
    insert("agents.lifecycle_events", { agent_id: ada, event_type: "'born'", new_status: "'initializing'" }),
  ],
  [
    "state with the value null",
    insert("agents.state", { agent_id: ada, state_key: "'k'", state_value: "'null'" }),
  ],
  [
    "a task with a parent by its id alone",
    insert("tasks.queue", { task_type: "'deploy'", parent_task_id: build }),
  ],
  [
    "a cancelled execution",
    insert("tasks.executions", {
      task_id: build,
      agent_id: ada,
      status: "'cancelled'",
      completed_at: "now()",
    }),
  ],
  [
    "a task that may take a hundred years",
    insert("tasks.queue", { task_type: "'deploy'", max_execution_time: "'100 years'" }),
  ],
  [
    "two patterns on one channel",
    `INSERT INTO messages.subscriptions (agent_id, channel_id, message_pattern)
     VALUES (${ada}, ${topic}, 'a'), (${ada}, ${topic}, 'b'), (${ada}, ${topic}, NULL)`,
  ],
  ["a message on a topic", insert("messages.log", { message_type: "'command'", channel_id: topic })],
  ["a message on a queue", insert("messages.log", { message_type: "'command'", channel_id: queue })],
  [
    "a message on a direct channel",
    insert("messages.log", { message_type: "'query'", channel_id: direct, to_agent_id: bob }),
  ],
  [
    "a message on a broadcast channel",
    insert("messages.log", { message_type: "'error'", channel_id: broadcast, broadcast_to_type: "'tester'" }),
  ],
  ["a message without a channel", insert("messages.log", { message_type: "'query'", to_agent_id: bob })],
  ["a heartbeat for nobody", insert("messages.log", { message_type: "'heartbeat'", from_agent_id: ada })],
  [
    "a session that has expired since, as a restore brings it",
    insert("sessions.active", {
      session_token: tokenHash,
      created_at: "'2000-01-01'",
      expires_at: "'2000-01-02'",
    }),
  ],
  [
    "a fact of two million characters",
    insert("knowledge.facts", {
      entity_type: "'t'",
      entity_id: "'i'",
      predicate: "'p'",
      object_type: "'text'",
      object_value:
        "jsonb_build_object('text_content', (SELECT string_agg('word' || i, ' ') FROM generate_series(1, 200000) AS i))",
    }),
  ],
  [
    "dead letters that come from no stream",
    `INSERT INTO sync.dead_letters (pipe, reason_code, reason) VALUES ('relay', 'X', 'x'), ('relay', 'X', 'x')`,
  ],
  [
    "an embedding",
    insert("knowledge.embeddings", {
      fact_id: fact,
      embedding_model: "'m'",
      embedding_version: "'1'",
      text_content: "'t'",
      embedding_vector: "array_fill(0.5::REAL, ARRAY[1536])",
    }),
  ],
  [
    "state of 10 MB",
    `INSERT INTO agents.state (agent_id, state_key, state_value)
     SELECT ${ada}, 'big', jsonb_build_object('text', string_agg(md5(i::TEXT), '')) FROM generate_series(1, 330000) AS i`,
  ],
];

describe.each(clusters())("the constraints on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);

  beforeAll(async () => {
    await database().client.query(fixtures);
  });
  beforeEach(async () => {
    await database().client.query("BEGIN");
  });
  afterEach(async () => {
    await database().client.query("ROLLBACK");
  });

  /** The name on the partitioned table: a key of a partition has a name of its own. */
  async function onParent(constraint: string | undefined): Promise<string | undefined> {
    await database().client.query("ROLLBACK");
    const { rows } = await database().client.query(
      `SELECT p.conname AS name FROM pg_constraint AS k JOIN pg_constraint AS p ON p.oid = k.conparentid
       WHERE k.conname = $1 AND k.contype IN ('p', 'u')`,
      [constraint],
    );
    return z.array(z.object({ name: z.string() })).parse(rows)[0]?.name ?? constraint;
  }

  it.each(attempts)("refuse $title", async ({ sql, refusedBy, as = "check" }) => {
    const refusal = await refusalOf(database().client.query(sql));
    const name = refusedBy.split(".").at(-1) ?? "";
    if (as === "not-null") expect(refusal).toMatchObject({ code: codes[as], column: name });
    else
      expect({ ...refusal, constraint: await onParent(refusal?.constraint) }).toMatchObject({
        code: codes[as],
        constraint: name,
      });
  });

  it.each(accepted)("accept %s", async (_, sql) => {
    expect(await refusalOf(database().client.query(sql))).toBeUndefined();
  });

  it("are each broken by at least one attempt above", async () => {
    const { rows } = await database().client.query(`
      SELECT k.conrelid::REGCLASS::TEXT || '.' || k.conname AS name
      FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
      WHERE k.contype IN ('c', 'p', 'u', 'f') AND NOT c.relispartition AND c.relname !~ '^schema_migrations'
        AND k.connamespace::REGNAMESPACE::TEXT !~ '^(pg_|information_schema)'
        -- Wider than a key that is tried: they cannot be broken alone.
        AND k.conname NOT IN ('active_pkey', 'channels_channel_id_channel_type_key')
        -- The foreign keys to the partitions of tasks.queue, which the server adds beside the one to the table.
        AND k.conparentid = 0
      ORDER BY 1`);
    const tried = new Set(attempts.map(({ refusedBy }) => refusedBy));
    const untried = z
      .array(z.object({ name: z.string() }))
      .parse(rows)
      .map(({ name }) => name)
      .filter((name) => !tried.has(name));
    expect(untried).toEqual([]);
  });
});
