import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  ada,
  bob,
  broadcast,
  build,
  fixtures,
  insert,
  tokenHash,
  topic,
} from "../support/constraint-cases.ts";
import { allKinds, eventsOf, forgetEvents } from "../support/events.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { backendOf, untilWaiting } from "../support/waiting.ts";

const id = (quoted: string) => quoted.slice(1, -1);
const state = (key: string, json = "1") =>
  insert("agents.state", { agent_id: ada, state_key: `'${key}'`, state_value: `'${json}'` });
const session = (values: Readonly<Record<string, string>> = {}) =>
  insert("sessions.active", {
    session_token: tokenHash,
    expires_at: "now() + INTERVAL '1 hour'",
    ...values,
  });

describe.each(clusters())("events on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  /** Runs statements and returns the events that they left. */
  async function eventsAfter(...statements: string[]) {
    await forgetEvents(client());
    for (const statement of statements) await client().query(statement);
    return eventsOf(client());
  }

  beforeAll(async () => {
    await client().query(fixtures);
    await client().query("SELECT sync.enable_events($1, $2, $3, $4, $5, $6, $7)", allKinds);
  });
  beforeEach(async () => {
    await client().query("ROLLBACK; DELETE FROM agents.state; DELETE FROM sessions.active");
    await forgetEvents(client());
  });

  it("tell of state what was put and what is gone", async () => {
    const of = (key: string) => ({
      kind: "state",
      aggregate: `state:${id(ada)}:${key}`,
      subject: `agents.state.${id(ada)}.${key}`,
    });
    const put = await eventsAfter(state("plan", '{"step": 1}'));
    expect(put).toEqual([
      {
        ...of("plan"),
        operation: "put",
        origin: "sql",
        tenant: null,
        payload: {
          agent_id: id(ada),
          state_key: "plan",
          operation: "put",
          version: 1,
          checksum: await value(client(), "SELECT checksum FROM agents.state"),
          expires_at: null,
          value: { step: 1 },
        },
      },
    ]);
    expect(
      await eventsAfter("UPDATE agents.state SET state_value = '[2]', version = 2, expires_at = 'infinity'"),
    ).toMatchObject([
      { ...of("plan"), operation: "put", payload: { value: [2], version: 2, expires_at: "infinity" } },
    ]);
    expect(await eventsAfter("UPDATE agents.state SET state_key = 'a.b'")).toMatchObject([
      { ...of("a.b"), operation: "put", payload: { value: [2] } },
      { ...of("plan"), operation: "delete" },
    ]);
    expect(await eventsAfter("DELETE FROM agents.state")).toMatchObject([
      { ...of("a.b"), operation: "delete", payload: { operation: "delete", version: 2 } },
    ]);
    expect(await eventsAfter(state("nothing", "null"))).toMatchObject([{ payload: { value: null } }]);
  });

  it("tell of lifecycle, heartbeats and configuration, each for itself", async () => {
    const agent = insert("agents.registry", { agent_type: "'t'", agent_name: "'Eve'" });
    const eve = "(SELECT agent_id FROM agents.registry WHERE agent_name = 'Eve')";
    const config = (operation: string) => ({ kind: "config", operation, subject: null });
    expect(await eventsAfter(agent)).toMatchObject([config("put")]);
    expect(
      await eventsAfter(`UPDATE agents.registry SET last_heartbeat = now() WHERE agent_id = ${ada}`),
    ).toEqual([
      {
        kind: "heartbeat",
        operation: "heartbeat",
        aggregate: `agent:${id(ada)}`,
        subject: `agents.heartbeat.${id(ada)}`,
        origin: "sql",
        tenant: null,
        payload: { agent_id: id(ada), status: "initializing", last_heartbeat: expect.stringMatching(/^2/) },
      },
    ]);
    for (const change of ["configuration = '{\"a\": 1}'", "capabilities = '[]'", "agent_type = 'u'"])
      expect(await eventsAfter(`UPDATE agents.registry SET ${change} WHERE agent_id = ${eve}`)).toMatchObject(
        [config("put")],
      );
    expect(
      await eventsAfter(
        `INSERT INTO agents.lifecycle_events (agent_id, event_type, new_status, event_data)
         VALUES (${ada}, 'went.off', 'idle', '{"why": "tired"}')`,
      ),
    ).toMatchObject([
      {
        kind: "lifecycle",
        operation: "went.off",
        aggregate: `agent:${id(ada)}`,
        subject: `agents.lifecycle.${id(ada)}.went=2Eoff`,
        payload: { new_status: "idle", previous_status: null, event_data: { why: "tired" } },
      },
    ]);
    expect(await eventsAfter("DELETE FROM agents.registry WHERE agent_name = 'Eve'")).toMatchObject([
      { ...config("delete"), payload: { agent_name: "Eve", agent_type: "u" } },
    ]);
  });

  it("tell of a task that it was created, started and how it ended, and nothing of its waiting", async () => {
    const task = "'00000000-0000-4000-8000-0000000000b7'";
    const told = (operation: string) => ({
      kind: "task",
      operation,
      aggregate: `task:${id(task)}`,
      subject: `tasks.${operation}.re=20pair.${id(task)}`,
    });
    const set = (status: string, more = "") =>
      eventsAfter(`UPDATE tasks.queue SET status = '${status}'${more} WHERE task_id = ${task}`);
    const created = await eventsAfter(
      insert("tasks.queue", { task_id: task, task_type: "'re pair'", payload: `'{"secret": 1}'` }),
    );
    expect(created).toMatchObject([
      { ...told("created"), payload: { status: "pending", task_type: "re pair" } },
    ]);
    expect(JSON.stringify(created)).not.toContain("secret");
    expect(await set("running")).toMatchObject([told("started")]);
    expect(await set("running", ", priority = 'high'")).toEqual([]);
    expect(await set("pending", ", retry_count = 1")).toEqual([]);
    expect(await set("failed", ", completed_at = now()")).toMatchObject([told("failed")]);
    expect(await set("cancelled")).toMatchObject([told("cancelled")]);
    expect(await set("completed")).toMatchObject([told("completed")]);
    expect(await eventsAfter(`DELETE FROM tasks.queue WHERE task_id = ${task}`)).toEqual([]);
  });

  it("tell what the functions of the queue do", async () => {
    const claimed = await eventsAfter(`SELECT tasks.claim(${ada}, '{build}')`);
    expect(claimed).toMatchObject([{ operation: "started", payload: { status: "running" } }]);
    expect(claimed[0]?.payload).not.toHaveProperty("fencing_token");
    expect(
      await eventsAfter(
        `SELECT tasks.complete(ARRAY[${build}]::UUID[], ARRAY[fencing_token]) FROM tasks.leases WHERE task_id = ${build}`,
      ),
    ).toMatchObject([{ operation: "completed", subject: `tasks.completed.build.${id(build)}` }]);
  });

  it("tell of messages by whom they are for", async () => {
    const send = (values: Readonly<Record<string, string>>) =>
      eventsAfter(insert("messages.log", { message_type: "'query'", ...values }));
    expect(await send({ to_agent_id: bob, from_agent_id: ada, payload: `'{"a": 1}'` })).toMatchObject([
      {
        kind: "message",
        operation: "sent",
        aggregate: expect.stringMatching(/^message:/),
        subject: `messages.direct.${id(bob)}`,
        payload: { from_agent_id: id(ada), payload: { a: 1 }, headers: {} },
      },
    ]);
    const subjectOf = async (values: Readonly<Record<string, string>>) => (await send(values))[0]?.subject;
    expect(await subjectOf({ broadcast_to_type: "'co.der'" })).toBe("messages.broadcast.co=2Eder");
    expect(await subjectOf({ broadcast_to_type: "''" })).toBe("messages.broadcast.all");
    expect(
      await subjectOf({ message_type: "'heartbeat'", channel_id: broadcast, broadcast_to_type: "'t'" }),
    ).toBe("messages.broadcast.t");
    expect(await subjectOf({ channel_id: topic, from_agent_id: ada })).toBe(
      `messages.notification.${id(topic)}`,
    );
    expect(await subjectOf({ message_type: "'heartbeat'", from_agent_id: ada })).toBe(
      `messages.notification.${id(ada)}`,
    );
    expect(await subjectOf({ message_type: "'heartbeat'" })).toBe("messages.notification.system");
    expect(
      await eventsAfter("UPDATE messages.log SET delivered_at = now()", "DELETE FROM messages.log"),
    ).toEqual([]);
  });

  it("tell of sessions whose they are, and never a token, its hash or what the application keeps", async () => {
    const secret = `'{"hidden": "hidden"}'`;
    const told = [
      ...(await eventsAfter(
        session({
          agent_id: ada,
          session_data: secret,
          preferences: secret,
          permissions: secret,
          user_agent: "'hidden'",
        }),
      )),
      ...(await eventsAfter("UPDATE sessions.active SET last_activity = now()")),
      ...(await eventsAfter(`UPDATE sessions.active SET session_token = 'sha256:${"f".repeat(64)}'`)),
      ...(await eventsAfter("DELETE FROM sessions.active")),
    ];
    expect(told.map(({ kind, operation, subject }) => [kind, operation, subject])).toEqual(
      ["put", "put", "put", "delete"].map((operation) => ["session", operation, null]),
    );
    expect(new Set(told.map(({ aggregate }) => aggregate)).size).toBe(1);
    expect(told[0]?.payload).toMatchObject({ agent_id: id(ada), session_type: "interactive" });
    expect(JSON.stringify(told)).not.toMatch(/hidden|sha256|f{64}|0{64}|token/);
  });

  it("tell no configuration of an agent, which may hold secrets", async () => {
    const told = await eventsAfter(
      `UPDATE agents.registry SET configuration = '{"api_key": "hidden"}' WHERE agent_id = ${ada}`,
    );
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toMatch(/api_key|hidden/);
  });

  it.each([
    ["agents.state", "version = version, state_value = state_value, updated_at = now()"],
    [
      "agents.registry",
      "agent_name = agent_name, configuration = configuration, last_heartbeat = last_heartbeat",
    ],
    ["agents.registry", "status = 'idle', metadata = metadata || '{\"x\": 1}'"],
    ["tasks.queue", "status = status, metadata = '{\"x\": 1}'"],
    ["sessions.active", "session_data = session_data, last_activity = last_activity"],
  ])("are none when an update of %s changes nothing of what is told: %s", async (table, assignments) => {
    await client().query(`${state("a")}; ${session()}`);
    expect(await eventsAfter(`UPDATE ${table} SET ${assignments}`)).toEqual([]);
    expect(await eventsAfter(`UPDATE ${table} SET ${assignments} WHERE FALSE`)).toEqual([]);
  });

  it("come of an upsert once for each row, whether it was there or not", async () => {
    await client().query(`${state("old")}; ${state("same")}`);
    const told = await eventsAfter(`
      INSERT INTO agents.state AS s (agent_id, state_key, state_value)
      VALUES (${ada}, 'new', '2'), (${ada}, 'old', '2'), (${ada}, 'same', '1')
      ON CONFLICT (agent_id, state_key) DO UPDATE SET state_value = EXCLUDED.state_value`);
    expect(told.map(({ aggregate }) => aggregate.split(":")[2]).sort()).toEqual(["new", "old"]);
    expect(told.every(({ payload }) => payload["value"] === 2)).toBe(true);
  });

  it("are written by one run of the trigger for a thousand rows", async () => {
    await client().query("BEGIN; SET LOCAL track_functions = 'pl'");
    const bulk = `
      INSERT INTO agents.state AS s (agent_id, state_key, state_value)
      SELECT ${ada}, 'k' || i, to_jsonb(i) FROM generate_series(1, 1000) AS i`;
    await client().query(bulk);
    await client().query("UPDATE agents.state SET version = version + 1");
    await client().query("DELETE FROM agents.state");
    expect(
      await value(
        client(),
        "SELECT calls::INTEGER FROM pg_stat_xact_user_functions WHERE funcname = 'tell_state'",
      ),
    ).toBe(3);
    await client().query("COMMIT");
    expect(
      await column(client(), "SELECT operation || count(*) FROM sync.outbox GROUP BY operation ORDER BY 1"),
    ).toEqual(["delete1000", "put2000"]);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sync.outbox_pending")).toBe(3000);
  });

  it("of thousands of changed rows take no longer because the session began with one", async () => {
    const writer = await database().connect({ statement_timeout: 10_000 });
    await writer.query(session({ session_token: `'sha256:${"e".repeat(64)}'` }));
    await writer.query("UPDATE sessions.active SET last_activity = last_activity + INTERVAL '1 second'");
    await writer.query(`
      INSERT INTO sessions.active (session_token, expires_at)
      SELECT sessions.hash_token(repeat('x', 32) || i), now() + INTERVAL '1 hour' FROM generate_series(1, 10000) AS i`);
    await forgetEvents(client());
    await writer.query("UPDATE sessions.active SET last_activity = last_activity + INTERVAL '1 second'");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM sync.outbox")).toBe(10_001);
  });

  it("come of what a removed agent takes along", async () => {
    const agent = "'00000000-0000-4000-8000-0000000000a9'";
    await client().query(
      insert("agents.registry", { agent_id: agent, agent_type: "'t'", agent_name: "'n'" }),
    );
    await client().query(`
      INSERT INTO agents.state (agent_id, state_key, state_value)
      SELECT ${agent}, 'k' || i, '1' FROM generate_series(1, 3) AS i`);
    const told = await eventsAfter(`DELETE FROM agents.registry WHERE agent_id = ${agent}`);
    expect(told.map(({ kind, operation }) => `${kind} ${operation}`).sort()).toEqual([
      "config delete",
      "state delete",
      "state delete",
      "state delete",
    ]);
  });

  it("carry a value of up to 64 KiB of text, and of a larger one its size", async () => {
    const text = (bytes: number) => `to_jsonb(repeat('x', ${bytes - 2}))`;
    const put = async (bytes: number) =>
      (
        await eventsAfter(
          "DELETE FROM agents.state",
          `INSERT INTO agents.state (agent_id, state_key, state_value) VALUES (${ada}, 'big', ${text(bytes)})`,
        )
      ).at(-1)?.payload;
    expect(await put(65_536)).toMatchObject({ value: "x".repeat(65_534) });
    const reference = await put(65_537);
    expect(reference).toMatchObject({
      value_bytes: 65_537,
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(reference).not.toHaveProperty("value");
    expect(
      await eventsAfter(`UPDATE agents.state SET version = 2, state_value = ${text(70_000)}`),
    ).toMatchObject([{ payload: { value_bytes: 70_000, version: 2 } }]);

    const message = await eventsAfter(
      insert("messages.log", { message_type: "'query'", to_agent_id: bob, payload: text(65_537) }),
    );
    expect(message).toMatchObject([{ payload: { payload_bytes: 65_537, headers: {} } }]);
    expect(message[0]?.payload).not.toHaveProperty("payload");
    expect(
      await eventsAfter(
        insert("agents.lifecycle_events", { agent_id: ada, event_type: "'e'", event_data: text(65_537) }),
      ),
    ).toMatchObject([{ payload: { event_data_bytes: 65_537 } }]);
  });

  it("say their origin and tenant as the transaction set them, and no longer than it", async () => {
    await client().query("BEGIN; SET LOCAL sync.origin = 'flush'; SET LOCAL app.current_tenant_id = 'acme'");
    await client().query(state("a"));
    await client().query("COMMIT");
    await client().query(state("b"));
    await client().query("BEGIN");
    await client().query("SELECT set_config('sync.origin', repeat('x', 60), TRUE)");
    await client().query(state("c"));
    await client().query("COMMIT");
    expect((await eventsOf(client())).map(({ origin, tenant }) => [origin, tenant])).toEqual([
      ["flush", "acme"],
      ["sql", null],
      ["x".repeat(50), null],
    ]);
  });

  it("are written for who may not write them, and not when the transaction is rolled back", async () => {
    await client().query("BEGIN; SET LOCAL ROLE app_primary");
    await client().query(state("a"));
    await client().query("COMMIT");
    expect(await eventsOf(client())).toHaveLength(1);
    await client().query("BEGIN");
    await client().query(state("b"));
    await client().query("ROLLBACK");
    expect(await eventsOf(client())).toHaveLength(1);
  });

  it("cannot be kept back by the setting of the upkeep", async () => {
    await client().query(state("a"));
    for (const role of ["app_primary", "app_background"]) {
      await forgetEvents(client());
      await client().query(`BEGIN; SET LOCAL ROLE ${role}; SET LOCAL partitions.moving_rows = 'on'`);
      await client().query("UPDATE agents.state SET version = version + 1");
      await client().query("UPDATE agents.registry SET last_heartbeat = clock_timestamp()");
      await client().query("COMMIT");
      expect(new Set((await eventsOf(client())).map(({ kind }) => kind))).toEqual(
        new Set(["state", "heartbeat"]),
      );
    }
  });

  it("do not come of rows that the upkeep moves between partitions", async () => {
    const day = (table: string, columns: string, values: string) =>
      client().query(
        `INSERT INTO ${table} (${columns}) VALUES (${values}, ((now() AT TIME ZONE 'UTC')::DATE + 20)::TIMESTAMP AT TIME ZONE 'UTC')`,
      );
    await day("agents.lifecycle_events", "agent_id, event_type, created_at", `${ada}, 'e'`);
    await day("messages.log", "message_type, sent_at", "'heartbeat'");
    await client().query(`
      CREATE TABLE agents.note (event_id UUID, created_at TIMESTAMPTZ,
        FOREIGN KEY (event_id, created_at) REFERENCES agents.lifecycle_events ON UPDATE CASCADE);
      INSERT INTO agents.note SELECT event_id, created_at FROM agents.lifecycle_events WHERE created_at > now();
      INSERT INTO tasks.queue (task_type, status) VALUES ('moving', 'running'), ('moving', 'pending')`);
    await forgetEvents(client());
    expect(await value(client(), "SELECT sum(moved_rows)::INTEGER FROM partitions.maintain()")).toBe(2);
    await client().query("SELECT partitions.create_task_type_partition('moving')");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM tasks.queue_type_moving")).toBe(2);
    expect(await eventsOf(client())).toEqual([]);
    await client().query("DROP TABLE agents.note");
  });

  it("come of a task that ends and moves to another partition in one statement", async () => {
    await client().query(`
      SELECT partitions.create_task_type_partition('there');
      INSERT INTO tasks.queue (task_type) SELECT 'here' FROM generate_series(1, 20)`);
    const told = await eventsAfter(
      "UPDATE tasks.queue SET task_type = 'there', status = 'cancelled' WHERE task_type = 'here'",
    );
    expect(told.filter(({ operation }) => operation === "cancelled")).toHaveLength(20);
    expect(new Set(told.map(({ payload }) => payload["task_type"]))).toEqual(new Set(["there"]));
  });

  it("do not come of TRUNCATE, nor of a write to a partition by its own name", async () => {
    await client().query(state("a"));
    expect(await eventsAfter("TRUNCATE agents.state")).toEqual([]);
    await client().query(state("a"));
    const partition = await value(client(), "SELECT tableoid::REGCLASS::TEXT FROM agents.state");
    expect(await eventsAfter(`DELETE FROM ${partition}`)).toEqual([]);
  });

  it("of a transaction that commits late are pending when it has, behind none that were published meanwhile", async () => {
    const [late, other] = [await database().connect(), await database().connect()];
    await late.query("BEGIN");
    await late.query(state("late"));
    await other.query(state("early"));
    const pending = () =>
      column(
        client(),
        "SELECT o.payload ->> 'state_key' FROM sync.outbox_pending JOIN sync.outbox AS o USING (event_id)",
      );
    expect(await pending()).toEqual(["early"]);
    await client().query("DELETE FROM sync.outbox_pending");
    await late.query("COMMIT");
    expect(await pending()).toEqual(["late"]);
    expect(
      await column(client(), "SELECT payload ->> 'state_key' FROM sync.outbox ORDER BY event_id"),
    ).toEqual(["late", "early"]);
  });

  it("of one row have the order in which it was changed, also when one had to wait for the other", async () => {
    const [first, second] = [await database().connect(), await database().connect()];
    await client().query(state("a", "0"));
    await forgetEvents(client());
    await first.query("BEGIN");
    await first.query("UPDATE agents.state SET state_value = '1'");
    const backend = await backendOf(second);
    const waiting = second.query("UPDATE agents.state SET state_value = '2'");
    await untilWaiting(client(), backend);
    await first.query("UPDATE agents.state SET state_value = '3'");
    await first.query("COMMIT");
    await waiting;
    expect((await eventsOf(client())).map(({ payload }) => payload["value"])).toEqual([1, 3, 2]);
  });
});
