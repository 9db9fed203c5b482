import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clusters, createTestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { applyMigrations, migrationsFolder } from "../support/apply-migrations.ts";
import { ada, build, fixtures, insert, tokenHash, topic } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

type Role = "app_primary" | "app_replica" | "app_background" | "app_analytics" | "app_readonly";

const everyone: readonly Role[] = [
  "app_primary",
  "app_replica",
  "app_background",
  "app_analytics",
  "app_readonly",
];
const primary: readonly Role[] = ["app_primary"];
const writers: readonly Role[] = ["app_primary", "app_background"];
const withSessions: readonly Role[] = ["app_primary", "app_replica", "app_background"];
const onlookers = everyone.filter((role) => role !== "app_replica");
const nobody: readonly Role[] = [];

const session = insert("sessions.active", {
  session_token: tokenHash,
  expires_at: "now() + INTERVAL '1 hour'",
});
const event = insert("agents.lifecycle_events", { agent_id: ada, event_type: "'e'" });
const message = insert("messages.log", { message_type: "'heartbeat'", channel_id: topic });
const delivery = insert("messages.deliveries", { message_id: ada, sent_at: "now()", agent_id: ada });
const execution = insert("tasks.executions", { task_id: build, agent_id: ada });
const buildOnly = `ARRAY[${build}]::UUID[]`;
const lease = insert("tasks.leases", {
  task_id: build,
  task_type: "'build'",
  agent_id: ada,
  fencing_token: "1",
  started_at: "now()",
  heartbeat_at: "now()",
  expires_at: "now()",
});
const state = insert("agents.state", { agent_id: ada, state_key: "'k'", state_value: "'1'" });

/** What is tried, and who may do it; everybody else must be refused. */
const rights: readonly (readonly [string, string, readonly Role[]])[] = [
  ["read agents", "SELECT FROM agents.registry", everyone.filter((role) => role !== "app_readonly")],
  ["read state", "SELECT FROM agents.state", everyone],
  ["read checkpoints", "SELECT FROM agents.checkpoints", everyone],
  ["read events", "SELECT FROM agents.lifecycle_events", everyone],
  ["read tasks", "SELECT FROM tasks.queue", everyone],
  ["read dependencies", "SELECT FROM tasks.dependencies", everyone],
  ["read executions", "SELECT FROM tasks.executions", everyone],
  ["read what is ready", "SELECT FROM tasks.ready", everyone],
  ["read leases", "SELECT FROM tasks.leases", everyone],
  ["read what runs", "SELECT FROM tasks.running", everyone],
  ["read the backlog", "SELECT FROM tasks.backlog", everyone],
  ["read dead letters", "SELECT FROM tasks.dead_letters", everyone],
  ["read limits", "SELECT FROM tasks.type_limits", everyone],
  ["read schedules", "SELECT FROM tasks.schedules", everyone],
  ["read lines", "SELECT FROM tasks.order_keys, tasks.order_queue, tasks.unique_keys", everyone],
  ["read channels", "SELECT FROM messages.channels", everyone],
  ["read subscriptions", "SELECT FROM messages.subscriptions", everyone],
  ["read messages", "SELECT FROM messages.log", everyone],
  ["read deliveries", "SELECT FROM messages.deliveries", everyone],
  ["match a subject", "SELECT messages.subject_matches('a.*', 'a.b')", everyone],
  ["read facts", "SELECT FROM knowledge.facts", everyone],
  ["read embeddings", "SELECT FROM knowledge.embeddings", everyone],
  ["read sessions", "SELECT FROM sessions.active", withSessions],
  ["read live sessions", "SELECT FROM sessions.live", withSessions],
  ["hydrate an agent", `SELECT FROM hydrate_agent_state(${ada})`, everyone],
  [
    "search embeddings",
    "SELECT FROM knowledge.search_embeddings(array_fill(1::REAL, ARRAY[1536]), 'm')",
    everyone,
  ],
  ["list partitions", "SELECT FROM partitions.list", everyone],
  ["list optional indexes", "SELECT FROM partitions.optional_indexes", everyone],

  ["register an agent", insert("agents.registry", { agent_type: "'t'", agent_name: "'n'" }), primary],
  ["update an agent", "UPDATE agents.registry SET last_heartbeat = now()", writers],
  ["reconfigure an agent", "UPDATE agents.registry SET configuration = '{}'", primary],
  ["remove an agent", "DELETE FROM agents.registry WHERE agent_name = '-'", primary],
  ["write state", state, writers],
  ["update state", "UPDATE agents.state SET version = 2", writers],
  ["remove state", "DELETE FROM agents.state", writers],
  ["add a checkpoint", insert("agents.checkpoints", { agent_id: ada, state_snapshot: "'{}'" }), writers],
  ["change a checkpoint", "UPDATE agents.checkpoints SET trigger_event = 'x'", primary],
  ["remove a checkpoint", "DELETE FROM agents.checkpoints", writers],
  ["add an event", event, writers],
  ["change an event", "UPDATE agents.lifecycle_events SET event_type = 'x'", primary],
  ["remove an event", "DELETE FROM agents.lifecycle_events", primary],
  ["add a task", insert("tasks.queue", { task_type: "'t'", parent_task_id: build }), writers],
  ["update a task", "UPDATE tasks.queue SET status = 'queued'", writers],
  ["remove a task", "DELETE FROM tasks.queue WHERE task_type = '-'", primary],
  [
    "enqueue a task",
    `SELECT tasks.enqueue('[{"task_type": "t", "order_key": "o", "unique_key": "u"}]')`,
    writers,
  ],
  ["claim a task", `SELECT tasks.claim(${ada}, '{build}')`, primary],
  ["complete a task", `SELECT tasks.complete(${buildOnly}, '{1}')`, primary],
  ["fail a task", `SELECT tasks.fail(${buildOnly}, '{1}', '{x}')`, writers],
  ["give a task back", `SELECT tasks.release(${buildOnly}, '{1}')`, primary],
  ["send a heartbeat", `SELECT tasks.heartbeat(${buildOnly}, '{1}')`, primary],
  ["expire leases", "SELECT tasks.expire_leases()", writers],
  ["expire tasks", "SELECT tasks.expire_tasks()", writers],
  [
    "catch up with what a transaction could not see",
    `INSERT INTO tasks.unsettled (task_id) VALUES (${build}); SELECT tasks.catch_up()`,
    writers,
  ],
  ["cancel a task", `SELECT tasks.cancel(${buildOnly})`, primary],
  ["pause a task", `SELECT tasks.pause(${buildOnly})`, primary],
  ["resume a task", `SELECT tasks.resume(${buildOnly})`, primary],
  ["redrive a task", `SELECT tasks.redrive(${buildOnly})`, primary],
  ["let a task wait for others", "SELECT tasks.add_dependencies('[]')", primary],
  ["prune tasks", "SELECT tasks.prune('1 day')", primary],
  ["repair what is ready", "SELECT tasks.repair_ready()", primary],
  ["forget order keys", "SELECT tasks.forget_order_keys()", writers],
  ["lease a task by hand", lease, writers],
  ["release a lease by hand", "DELETE FROM tasks.leases", writers],
  ["limit a type", insert("tasks.type_limits", { task_type: "'t'" }), primary],
  [
    "schedule tasks",
    insert("tasks.schedules", {
      schedule_name: "'s'",
      task_type: "'t'",
      cron_expression: "'* * * * *'",
      next_run_at: "now()",
    }),
    primary,
  ],
  ["note that a schedule ran", "UPDATE tasks.schedules SET last_run_at = now()", writers],
  ["change a schedule", "UPDATE tasks.schedules SET cron_expression = '* * * * *'", primary],
  ["add an execution", execution, writers],
  ["update an execution", "UPDATE tasks.executions SET cpu_time_ms = 1", writers],
  ["add a message", message, writers],
  ["update a message", "UPDATE messages.log SET delivered_at = now()", writers],
  ["remove a message", "DELETE FROM messages.log", primary],
  ["deliver a message", delivery, writers],
  ["settle a delivery", "UPDATE messages.deliveries SET settled_at = now(), outcome = 'processed'", writers],
  ["remove a delivery", "DELETE FROM messages.deliveries", writers],
  ["reap deliveries", "SELECT messages.reap_expired()", writers],
  ["purge deliveries", "SELECT messages.purge_deliveries()", writers],
  ["open a channel", insert("messages.channels", { channel_name: "'x'", channel_type: "'topic'" }), primary],
  ["subscribe", insert("messages.subscriptions", { agent_id: ada, channel_id: topic }), primary],
  ["begin a session", session, primary],
  ["end a session", "DELETE FROM sessions.active", writers],
  ["reap sessions", "SELECT sessions.reap_expired()", writers],
  ["hash a token", "SELECT sessions.hash_token(repeat('x', 40))", withSessions],
  [
    "add a fact",
    insert("knowledge.facts", {
      entity_type: "'t'",
      entity_id: "'i'",
      predicate: "'p'",
      object_value: "'1'",
      object_type: "'n'",
    }),
    primary,
  ],
  ["update an embedding", "UPDATE knowledge.embeddings SET embedding_version = '2'", writers],

  ["read thresholds", "SELECT FROM monitoring.alert_thresholds", everyone],
  ["change a threshold", "UPDATE monitoring.alert_thresholds SET enabled = FALSE", primary],
  ["add a threshold", insert("monitoring.alert_thresholds", { metric_name: "'m'" }), nobody],
  ["remove a threshold", "DELETE FROM monitoring.alert_thresholds", nobody],
  ["read alerts", "SELECT FROM monitoring.alerts, monitoring.alert_changes", everyone],
  [
    "keep an alert",
    insert("monitoring.alerts", { metric_name: "'disk_usage_percent'", state: "'ok'", checked_at: "now()" }),
    writers,
  ],
  ["tell of an alert", "UPDATE monitoring.alert_changes SET told_at = now()", writers],
  [
    "read who is told of alerts, and what is silenced",
    "SELECT FROM monitoring.alert_deliveries, monitoring.alert_silences, monitoring.alert_overrides, monitoring.heartbeats",
    everyone,
  ],
  ["see to deliveries", "UPDATE monitoring.alert_deliveries SET attempts = 1", writers],
  [
    "give a sign of life",
    insert("monitoring.heartbeats", { name: "'n'", holder: "'h'", beat_at: "now()", beat_every: "'1 s'" }),
    writers,
  ],
  [
    "silence alerts",
    insert("monitoring.alert_silences", { reason: "'r'", created_by: "'me'", ends_at: "now()" }),
    primary,
  ],
  ["forget silences", "DELETE FROM monitoring.alert_silences", writers],
  [
    "override a threshold",
    insert("monitoring.alert_overrides", {
      metric_name: "'cache_hit_ratio'",
      scope: "'database'",
      scope_name: "'x'",
    }),
    primary,
  ],
  ["read plans", "SELECT FROM monitoring.query_plans", onlookers.filter((role) => role !== "app_readonly")],
  ["see a plan again", "UPDATE monitoring.query_plans SET seen_at = now()", ["app_background"]],
  ["change a plan", "UPDATE monitoring.query_plans SET plan_json = '[]'", nobody],
  ["remove plans", "DELETE FROM monitoring.query_plans", ["app_background"]],
  ["read what was changed about tables", "SELECT FROM monitoring.storage_changes", everyone],
  ["change what is on record about tables", "UPDATE monitoring.storage_changes SET reason = 'r'", nobody],
  ["see who is connected", "SELECT FROM monitoring.connection_stats", onlookers],
  [
    "check connections",
    "SELECT FROM monitoring.check_connection_pool_health(), monitoring.check_connection_pool_alerts()",
    onlookers,
  ],
  ["see which indexes are used", "SELECT FROM monitoring.analyze_index_usage()", onlookers],
  ["see what is bloated", "SELECT FROM monitoring.table_bloat(), monitoring.index_bloat()", onlookers],
  ["plan a statement", "SELECT monitoring.generic_plan('SELECT 1')", ["app_background"]],
  ["keep a plan", "SELECT monitoring.capture_slow_query_plan('1', 'SELECT 1', 1)", ["app_background"]],
  [
    "read advice on indexes",
    "SELECT FROM monitoring.index_recommendations",
    onlookers.filter((role) => role !== "app_readonly"),
  ],
  ["decide on advice", "UPDATE monitoring.index_recommendations SET decision_reason = 'r'", writers],
  ["remove advice", "DELETE FROM monitoring.index_recommendations", nobody],
  [
    "see which indexes are missing",
    "SELECT FROM monitoring.suggest_missing_indexes()",
    onlookers.filter((role) => role !== "app_readonly"),
  ],
  ["keep which indexes are missing", "SELECT monitoring.generate_index_recommendations()", writers],
  ["read positions", "SELECT FROM sync.positions, sync.incarnations, sync.leases", everyone],
  ["read what could not be brought over", "SELECT FROM sync.dead_letters", withSessions],
  ["read events", "SELECT FROM sync.outbox, sync.outbox_pending", withSessions],
  ["read how many events wait", "SELECT FROM sync.outbox_backlog", everyone],
  ["read what there are events of", "SELECT FROM sync.event_sources", everyone],
  ["encode a subject", "SELECT sync.subject_token('ä.b'), sync.encode_key('ä.b')", everyone],
  [
    "move a position",
    insert("sync.positions", { pipe: "'p'", stream: "'s'", incarnation: "1", sequence: "1" }),
    ["app_background"],
  ],
  [
    "begin with another life of a stream",
    insert("sync.incarnations", { pipe: "'p'", incarnation: "1", reason: "'first'" }),
    ["app_background"],
  ],
  ["take a role", "SELECT sync.take_lease('r', 'h', '1 minute')", ["app_background"]],
  ["give a role back", "SELECT sync.give_lease('r', 'h')", ["app_background"]],
  [
    "park a message",
    insert("sync.dead_letters", { pipe: "'flush'", reason_code: "'X'", reason: "'x'" }),
    ["app_background"],
  ],
  ["retry a dead letter", "UPDATE sync.dead_letters SET retried_at = now()", ["app_background"]],
  [
    "write an event by hand",
    insert("sync.outbox", { kind: "'state'", operation: "'put'", aggregate: "'a'", payload: "'{}'" }),
    ["app_background"],
  ],
  ["publish again", "INSERT INTO sync.outbox_pending VALUES (-1, now())", ["app_background"]],
  ["acknowledge events", "DELETE FROM sync.outbox_pending", ["app_background"]],
  ["change an event", "UPDATE sync.outbox SET payload = '{}'", nobody],
  ["remove an event", "DELETE FROM sync.outbox", nobody],
  ["drop published events", "SELECT sync.drop_published('30 days')", ["app_background"]],
  ["switch events on", "SELECT sync.enable_events('session')", ["app_background"]],
  ["switch events off", "SELECT sync.disable_events('session')", ["app_background"]],
  ["call the inside of the switch", "SELECT sync.switch_events('{session}', TRUE)", nobody],

  ["run the upkeep of partitions", "SELECT partitions.maintain()", ["app_background"]],
  [
    "create a partition",
    "SELECT partitions.create_time_partition('messages.log', '2030-01-01')",
    ["app_background"],
  ],
  ["drop old partitions", "SELECT partitions.manage_time_partitions('messages.log')", ["app_background"]],
  ["give a task type a partition", "SELECT partitions.create_task_type_partition('t')", ["app_background"]],

  ["change what the upkeep does", "UPDATE partitions.settings SET retain_days = 0", nobody],
  [
    "have another table looked after",
    insert("partitions.settings", { schema_name: "'a'", table_name: "'b'" }),
    nobody,
  ],
  ["call the inside of the upkeep", "SELECT partitions.drop_time_partitions('messages.log', now())", nobody],
  [
    "plan an optional index",
    "SELECT partitions.optional_index_plan('idx_agents_state_value_gin', TRUE)",
    nobody,
  ],
  ["convert the embeddings", "SELECT knowledge.enable_vectors()", nobody],
  ["empty a table", "TRUNCATE messages.log", nobody],
  ["create a table", "CREATE TABLE agents.mine (x INTEGER)", nobody],
  ["drop a table", "DROP TABLE knowledge.embeddings", nobody],
  ["read past the table", "SELECT FROM agents.state_0", nobody],
  [
    "put a trigger on a table",
    "CREATE TRIGGER t BEFORE UPDATE ON agents.state FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
    nobody,
  ],
];

describe.each(clusters())("roles on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);

  beforeAll(async () => {
    await database().client.query(fixtures);
    await database().client.query(`${event}; ${message}; ${execution}`);
  });

  it("exist with the specification's connection limits, may sign in, and have no password", async () => {
    const { rows } = await database().client.query(
      `
      SELECT rolname, rolconnlimit FROM pg_authid
      WHERE rolname LIKE 'app\\_%' AND rolcanlogin AND rolpassword IS NULL
        AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
        AND rolname = ANY ($1) ORDER BY 1`,
      [everyone],
    );
    expect(rows).toEqual([
      { rolname: "app_analytics", rolconnlimit: 10 },
      { rolname: "app_background", rolconnlimit: 5 },
      { rolname: "app_primary", rolconnlimit: 20 },
      { rolname: "app_readonly", rolconnlimit: -1 },
      { rolname: "app_replica", rolconnlimit: 15 },
    ]);
  });

  it.each(rights)("decide who may %s", async (_, sql, allowed) => {
    const { client } = database();
    const able: Role[] = [];
    for (const role of everyone) {
      await client.query(`BEGIN; SET LOCAL ROLE ${role}`);
      const refusal = await refusalOf(client.query(sql));
      await client.query("ROLLBACK");
      if (refusal === undefined) able.push(role);
      else expect(refusal).toMatchObject({ code: "42501" });
    }
    expect(able).toEqual(everyone.filter((role) => allowed.includes(role)));
  });

  it("give nothing of ours to PUBLIC", async () => {
    expect(
      await column(
        database().client,
        `SELECT 'schema ' || nspname FROM pg_namespace,
           aclexplode(COALESCE(nspacl, acldefault('n', nspowner))) AS a
         WHERE a.grantee = 0 AND nspname !~ '^(pg_|information_schema$|public$)'
         UNION ALL
         SELECT 'relation ' || c.oid::REGCLASS FROM pg_class AS c,
           aclexplode(COALESCE(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) AS a
         WHERE a.grantee = 0 AND relnamespace::REGNAMESPACE::TEXT !~ '^(pg_|information_schema)'
         UNION ALL
         SELECT 'function ' || p.oid::REGPROCEDURE FROM pg_proc AS p,
           aclexplode(COALESCE(proacl, acldefault('f', proowner))) AS a
         WHERE a.grantee = 0 AND pronamespace::REGNAMESPACE::TEXT !~ '^(pg_|information_schema)'
         UNION ALL
         SELECT 'type ' || t.oid::REGTYPE FROM pg_type AS t,
           aclexplode(COALESCE(typacl, acldefault('T', typowner))) AS a
         WHERE a.grantee = 0 AND typtype IN ('d', 'e') AND typnamespace::REGNAMESPACE::TEXT !~ '^(pg_|information_schema)'`,
      ),
    ).toEqual([]);
  });

  it("need nothing that PostgreSQL gives to PUBLIC on the database: the documented statements take it away", async () => {
    const { client, connect } = database();
    const page = await readFile(join(migrationsFolder, "../docs/spec-deviations.md"), "utf8");
    const [, statements = ""] = /```sql\n(REVOKE CONNECT[^`]*)```/.exec(page) ?? [];
    const name = z.string().parse(await value(client, "SELECT quote_ident(current_database())"));
    const held = () =>
      column(
        client,
        `SELECT r.rolname || ' ' || p FROM pg_roles AS r, unnest(ARRAY['CONNECT', 'TEMPORARY']) AS p
         WHERE r.rolname = ANY ($1) AND has_database_privilege(r.oid, current_database(), p) ORDER BY 1`,
        [everyone],
      );
    expect(await held()).toEqual(
      [...everyone].sort().flatMap((role) => [`${role} CONNECT`, `${role} TEMPORARY`]),
    );

    await client.query(statements.replaceAll("your_database", name));
    expect(await held()).toEqual([...everyone].sort().map((role) => `${role} CONNECT`));
    const other = await connect();
    await other.query("SET ROLE app_background");
    await other.query(
      "SELECT partitions.maintain(); SELECT partitions.create_task_type_partition('restricted')",
    );
  });

  it("keep their access to partitions that are created later, through the table alone", async () => {
    const { client } = database();
    await client.query("SELECT partitions.create_time_partition('messages.log', '2031-01-01')");
    await client.query("SELECT partitions.create_task_type_partition('later')");
    await client.query(`BEGIN; SET LOCAL ROLE app_primary;
      INSERT INTO messages.log (message_type, sent_at) VALUES ('heartbeat', '2031-01-01 12:00+00');
      INSERT INTO tasks.queue (task_type) VALUES ('later')`);
    expect(await refusalOf(client.query("SELECT FROM messages.log_2031_01_01"))).toMatchObject({
      code: "42501",
    });
    await client.query("ROLLBACK");
  });
});

describe.each(clusters())("an owner without any special right on PostgreSQL $major", (cluster) => {
  const owner = `owner${cluster.major}_${process.pid}`;
  // Brings the roles into the cluster, which this owner may not.
  useSchemaDatabase(cluster);

  it("can migrate, and the upkeep runs with no more than its rights", async () => {
    await using database = await createTestDatabase({ cluster });
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(`CREATE ROLE ${owner}; ALTER DATABASE ${database.name} OWNER TO ${owner}`);
    try {
      const own = new URL(database.url);
      own.searchParams.set("options", `-c role=${owner}`);
      await applyMigrations(own.href);
      await admin.query(
        `${fixtures}; ${event.replace("(agent_id", "(created_at, agent_id").replace("VALUES (", "VALUES (now() + INTERVAL '9 days', ")}`,
      );
      await admin.query("SET ROLE app_background");
      expect(await value(admin, "SELECT sum(moved_rows)::INTEGER FROM partitions.maintain()")).toBe(1);
      expect(await value(admin, "SELECT partitions.create_task_type_partition('build')")).toBe(
        "tasks.queue_type_build",
      );
    } finally {
      await admin.query(
        `RESET ROLE; REASSIGN OWNED BY ${owner} TO CURRENT_USER; DROP OWNED BY ${owner}; DROP ROLE ${owner}`,
      );
      await admin.end();
    }
  });
});

describe.each(clusters())("the migration that creates roles on PostgreSQL $major", (cluster) => {
  // Roles are shared by the whole cluster, so the test creates some under names of its own.
  const prefix = `t${cluster.major}_${process.pid}`;
  let up = "";

  const roleNames = everyone.map((role) => role.replace("app", prefix));
  const migrator = `${prefix}_migrator`;

  beforeAll(async () => {
    const script = await readFile(join(migrationsFolder, "00001_roles.up.sql"), "utf8");
    up = script.replaceAll(/\bapp_/g, `${prefix}_`);
  });
  afterAll(async () => {
    await using database = await createTestDatabase({ cluster });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    for (const role of [...roleNames, migrator]) await client.query(`DROP ROLE IF EXISTS ${role}`);
    await client.end();
  });

  it("says what to do when it may not create them, and works once they are there", async () => {
    await using database = await createTestDatabase({ cluster });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`CREATE ROLE ${migrator}; SET ROLE ${migrator}`);
    const refusal = await refusalOf(client.query(up));
    expect(refusal).toMatchObject({
      code: "42501",
      message: `role ${prefix}_primary does not exist and ${migrator} may not create it`,
    });

    const statements = (refusal?.hint ?? "").match(/CREATE ROLE [^;]+;/g) ?? [];
    await client.query("RESET ROLE");
    for (const statement of statements) await client.query(statement);
    await client.query(`SET ROLE ${migrator}`);
    await client.query(up);
    await client.query("RESET ROLE");
    for (const role of roleNames) await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await client.end();
  });

  it("succeeds in several databases of one cluster at once", async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase({ cluster })));
    const clients = databases.map(({ url }) => new Client({ connectionString: url }));
    await Promise.all(clients.map((client) => client.connect()));
    await Promise.all(clients.map((client) => client.query(up)));
    const [first] = clients;
    if (first !== undefined) {
      expect(
        await value(first, "SELECT count(*)::INTEGER FROM pg_roles WHERE rolname = ANY ($1)", [roleNames]),
      ).toBe(5);
    }
    await Promise.all(clients.map((client) => client.end()));
    await Promise.all(databases.map((database) => database.drop()));
  });

  it("leaves a role that exists as it is", async () => {
    await using database = await createTestDatabase({ cluster });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`ALTER ROLE ${prefix}_primary CONNECTION LIMIT 77`);
    await client.query(up);
    expect(
      await value(client, "SELECT rolconnlimit FROM pg_roles WHERE rolname = $1", [`${prefix}_primary`]),
    ).toBe(77);
    await client.end();
  });
});
