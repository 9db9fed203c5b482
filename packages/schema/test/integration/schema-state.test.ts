import { createHash } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { ada, fact, fixtures, topic } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

const sha256 = (text: string) => createHash("sha256").update(text, "utf8").digest("hex");

describe.each(clusters())("what the database keeps by itself on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  beforeAll(async () => {
    await client().query(fixtures);
  });

  it.each([
    ["a text with every kind of character", JSON.stringify('tab \t, quote ", backslash \\, ü, 名, 🦊')],
    ["an object, whose keys PostgreSQL sorts", '{"longer": 1, "b": [1, 2.50, null], "a": {"x": true}}'],
    ["a JSON null", "null"],
  ])("is the checksum of %s, over the UTF-8 bytes of the value's text", async (key, json) => {
    await client().query(
      `INSERT INTO agents.state (agent_id, state_key, state_value) VALUES (${ada}, $1, $2)`,
      [key, json],
    );
    const { rows } = await client().query(
      "SELECT checksum, state_value::TEXT AS text FROM agents.state WHERE state_key = $1",
      [key],
    );
    expect(rows[0].checksum).toBe(sha256(rows[0].text));
  });

  it("is a checksum that follows every change and that no writer can set", async () => {
    await client().query(
      `INSERT INTO agents.state (agent_id, state_key, state_value) VALUES (${ada}, 'changing', '1')`,
    );
    await client().query("UPDATE agents.state SET state_value = '\"two\"' WHERE state_key = 'changing'");
    expect(await value(client(), "SELECT checksum FROM agents.state WHERE state_key = 'changing'")).toBe(
      sha256('"two"'),
    );
    expect(
      await refusalOf(client().query("UPDATE agents.state SET checksum = 'x' WHERE state_key = 'changing'")),
    ).toMatchObject({ code: "428C9" });
  });

  it("is the hash of an embedded text", async () => {
    await client().query(
      `INSERT INTO knowledge.embeddings (fact_id, embedding_model, embedding_version, text_content)
       VALUES (${fact}, 'm', '1', 'grüße')`,
    );
    expect(await value(client(), "SELECT content_hash FROM knowledge.embeddings")).toBe(sha256("grüße"));
  });

  it.each([
    ["agents.registry", "agent_name = 'renamed'"],
    ["agents.state", "version = 2"],
    ["tasks.queue", "task_name = 'renamed'"],
    ["knowledge.facts", "predicate = 'was'"],
  ])("is updated_at of %s, at every update and whatever the writer says", async (table, assignment) => {
    await client().query(
      `INSERT INTO agents.state (agent_id, state_key, state_value) VALUES (${ada}, $1, '1')`,
      [`updated with ${table}`],
    );
    const [before] = await column(client(), `SELECT max(updated_at)::TEXT FROM ${table}`);
    await client().query(`UPDATE ${table} SET ${assignment}, updated_at = '2000-01-01'`);
    expect(await value(client(), `SELECT min(updated_at) > $1 FROM ${table}`, [before])).toBe(true);
    expect(
      await value(client(), `SELECT count(*)::INTEGER FROM ${table} WHERE created_at > $1`, [before]),
    ).toBe(0);
  });

  it.each([
    ["agents.registry", "app_primary"],
    ["agents.state", "app_background"],
    ["tasks.queue", "app_background"],
    ["knowledge.facts", "app_primary"],
  ])("is updated_at of %s, also where %s claims to be the upkeep", async (table, role) => {
    await client().query(
      `INSERT INTO agents.state (agent_id, state_key, state_value) VALUES (${ada}, $1, '1')`,
      [`claimed with ${table}`],
    );
    const [before] = await column(client(), `SELECT max(updated_at)::TEXT FROM ${table}`);
    await client().query(`BEGIN; SET LOCAL ROLE ${role}; SET LOCAL partitions.moving_rows = 'on'`);
    await client().query(`UPDATE ${table} SET updated_at = '2000-01-01'`);
    await client().query("COMMIT");
    expect(await value(client(), `SELECT min(updated_at) > $1 FROM ${table}`, [before])).toBe(true);
  });

  it("is updated_at in every table that has the column", async () => {
    expect(
      await column(
        client(),
        `SELECT c.oid::REGCLASS::TEXT FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
         WHERE a.attname = 'updated_at' AND c.relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgname = 'set_updated_at')`,
      ),
    ).toEqual([]);
  });

  it("is what an agent starts from: its state that has not expired, the latest change first", async () => {
    const agent = await value(
      client(),
      "INSERT INTO agents.registry (agent_type, agent_name) VALUES ('t', 'n') RETURNING agent_id",
    );
    await client().query(
      `INSERT INTO agents.state (agent_id, state_key, state_value, created_at, updated_at, expires_at) VALUES
         ($1, 'old', '1', '2020-01-01', '2020-01-01', NULL),
         ($1, 'b', '2', '2020-01-01', '2021-01-01', NULL),
         ($1, 'a', '3', '2020-01-01', '2021-01-01', NULL),
         ($1, 'gone', '4', '2020-01-01', '2022-01-01', '2022-01-02'),
         ($1, 'later', '5', '2020-01-01', '2022-01-01', now() + INTERVAL '1 hour')`,
      [agent],
    );
    const { rows } = await client().query("SELECT key, value FROM hydrate_agent_state($1)", [agent]);
    expect(rows).toEqual([
      { key: "later", value: 5 },
      { key: "a", value: 3 },
      { key: "b", value: 2 },
      { key: "old", value: 1 },
    ]);
  });

  it("is the type of a message's channel, also when the message is put on another", async () => {
    const type = async (set: string) => {
      await client().query(`UPDATE messages.log SET ${set}`);
      return value(client(), "SELECT channel_type FROM messages.log");
    };
    await client().query(
      `INSERT INTO messages.log (message_type, channel_id) VALUES ('heartbeat', ${topic})`,
    );
    expect(await type("subject = 's'")).toBe("topic");
    expect(await type("channel_id = '00000000-0000-4000-8000-0000000000c4'")).toBe("queue");
    expect(await type("channel_id = NULL")).toBe(null);
    expect(
      await refusalOf(client().query("UPDATE messages.log SET channel_id = gen_random_uuid()")),
    ).toMatchObject({ code: "23503" });
  });

  it("is the type of a task's parent, also when the task is put under another", async () => {
    const id = await value(
      client(),
      "INSERT INTO tasks.queue (task_type, parent_task_id) SELECT 'child', task_id FROM tasks.queue WHERE task_type = 'build' RETURNING task_id",
    );
    const typeAfter = async (parent: string) => {
      await client().query(`UPDATE tasks.queue SET parent_task_id = ${parent} WHERE task_id = $1`, [id]);
      return value(client(), "SELECT parent_task_type FROM tasks.queue WHERE task_id = $1", [id]);
    };
    expect(await typeAfter("parent_task_id")).toBe("build");
    expect(await typeAfter("(SELECT task_id FROM tasks.queue WHERE task_type = 'test')")).toBe("test");
    expect(await typeAfter("NULL")).toBe(null);
  });
});
