import { randomUUID } from "node:crypto";
import { createDatabase, sql } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  allCollectors,
  createMonitor,
  createMonitorOn,
  type Monitor,
  prometheusText,
  type Snapshot,
} from "../../src/index.ts";

/** A line of the text format: a name, labels with escaped values, a number. */
const line =
  /^[a-z_][a-z0-9_]*(\{[a-z_][a-z0-9_]*="([^"\\\n]|\\["\\n])*"(,[a-z_][a-z0-9_]*="([^"\\\n]|\\["\\n])*")*\})? (-?\d+(\.\d+)?(e[+-]\d+)?|[+-]Inf|NaN)$/;

describe.each(clusters())("a look at PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let client: Client;
  let monitor: Monitor | undefined;
  const end = async () => {
    await monitor?.close();
    monitor = undefined;
  };
  const clients: Client[] = [];
  beforeAll(async () => {
    database = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    client = await connect();
    await client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
  });
  afterEach(end);
  afterAll(async () => {
    await Promise.all(clients.map((one) => one.end()));
    await database.drop();
  });

  async function connect(): Promise<Client> {
    const one = new Client({ connectionString: database.url });
    clients.push(one);
    await one.connect();
    return one;
  }
  async function look(url = database.url, options: object = {}): Promise<Snapshot> {
    monitor ??= await createMonitor({ url, ...options });
    return await monitor.look();
  }
  const valuesOf = ({ samples }: Snapshot, name: string, labels: object = {}) =>
    samples
      .filter(({ metric }) => metric.name === name)
      .filter((sample) => expect.objectContaining(labels).asymmetricMatch(sample.labels))
      .map(({ value }) => value);
  const stateOf = ({ collectors }: Snapshot, name: string) =>
    collectors.find((collector) => collector.name === name)?.state;

  it("is answered by every collector that the server can answer", async () => {
    const snapshot = await look();
    const notOk = snapshot.collectors.filter(({ state }) => state !== "ok");
    expect(notOk.map(({ name, state }) => [name, state])).toEqual([["replica", "unsupported"]]);
    expect(
      valuesOf(snapshot, "smith_pg_info", { version: expect.stringMatching(`^${cluster.major}`) }),
    ).toEqual([1]);
  });

  it("is shown in Prometheus' format: every line well formed, every series once, whatever things are called", async () => {
    await client.query(`CREATE SCHEMA "odd ""name"; CREATE TABLE "odd ""name"."back\\slash\nand line" (a INT);
      INSERT INTO "odd ""name"."back\\slash\nand line" SELECT generate_series(1, 5000);
      DELETE FROM "odd ""name"."back\\slash\nand line"; SELECT pg_stat_force_next_flush()`);
    const text = prometheusText((await look()).samples);
    const lines = text.trimEnd().split("\n");
    const series = lines.filter((one) => !one.startsWith("#"));
    expect(series.filter((one) => !line.test(one))).toEqual([]);
    const names = series.map((one) => one.slice(0, one.lastIndexOf(" ")));
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    expect(names).toContain(
      String.raw`smith_pg_table_dead_rows{schema="odd \"name",table="back\\slash\nand line"}`,
    );
    const families = lines.filter((one) => one.startsWith("# TYPE "));
    expect(new Set(families).size).toBe(families.length);
  });

  it("counts connections by what they do, against those that there may be", async () => {
    // Others come and go on this server meanwhile; these stay.
    const [idle, open] = [await connect(), await connect()];
    await idle.query("SELECT 1");
    await open.query("BEGIN; SELECT 1");
    const after = await look();
    expect(valuesOf(after, "smith_pg_connections", { state: "idle" })[0]).toBeGreaterThanOrEqual(1);
    expect(
      valuesOf(after, "smith_pg_connections", { state: "idle in transaction" })[0],
    ).toBeGreaterThanOrEqual(1);
    const [limit = 0] = valuesOf(after, "smith_pg_connections_available");
    const most = (await client.query("SHOW max_connections")).rows[0].max_connections;
    expect(limit).toBe(Number(most) - 3);
    await open.query("ROLLBACK");
  });

  it("sees a transaction that is left open, and who keeps dead rows", async () => {
    const open = await connect();
    await open.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await open.query("SELECT pg_current_xact_id(), pg_sleep(0.3)");
    await client.query("SELECT pg_current_xact_id()");
    const snapshot = await look();
    expect(valuesOf(snapshot, "smith_pg_oldest_transaction_seconds")[0]).toBeGreaterThan(0.2);
    expect(
      valuesOf(snapshot, "smith_pg_oldest_xmin_age_transactions", { holder: "transaction" })[0],
    ).toBeGreaterThan(0);
    // Others on this server may hold on for longer.
    expect(
      valuesOf(snapshot, "smith_pg_oldest_xmin_holder_age_transactions", {
        holder: "transaction",
        who: expect.stringMatching(/^pid [0-9]+, /),
      }),
    ).toHaveLength(1);
    await open.query("ROLLBACK");
  });

  it("sees who waits for a lock, and is kept by none: what needs it fails alone, within its time", async () => {
    const [holder, waiter] = [await connect(), await connect()];
    await holder.query("BEGIN; LOCK TABLE tasks.ready IN ACCESS EXCLUSIVE MODE");
    const waiting = waiter.query("SELECT count(*) FROM tasks.ready");
    const waits =
      "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM tasks.ready'";
    while ((await client.query(waits)).rowCount === 0);
    const snapshot = await look();
    expect(valuesOf(snapshot, "smith_pg_lock_waiters")[0]).toBeGreaterThanOrEqual(1);
    expect(stateOf(snapshot, "task_queue")).toBe("failed");
    expect(snapshot.collectors.find(({ name }) => name === "task_queue")?.error).toMatchObject({
      sqlState: "55P03",
    });
    const others = snapshot.collectors.filter(({ name }) => name !== "task_queue" && name !== "replica");
    expect(others.filter(({ state }) => state !== "ok")).toEqual([]);
    // Nothing of the monitor's stands in the queue behind the lock.
    const queued = await client.query(
      "SELECT FROM pg_stat_activity WHERE application_name = 'smith-monitor' AND wait_event_type = 'Lock'",
    );
    expect(queued.rowCount).toBe(0);
    await holder.query("ROLLBACK");
    await waiting;
    expect(stateOf(await look(), "task_queue")).toBe("ok");
  });

  it("says what a role without rights does not see, and no 0 for it", async () => {
    const role = `onlooker_${randomUUID().slice(0, 8)}`;
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    const url = new URL(database.url);
    url.username = role;
    url.password = "secret";
    const snapshot = await look(url.href);
    expect(stateOf(snapshot, "transactions")).toBe("not visible");
    expect(stateOf(snapshot, "horizon")).toBe("not visible");
    expect(valuesOf(snapshot, "smith_pg_oldest_transaction_seconds")).toEqual([]);
    expect(valuesOf(snapshot, "smith_pg_prepared_transactions")).toEqual([0]);
    expect(valuesOf(snapshot, "smith_pg_connections", { state: "hidden" })[0]).toBeGreaterThan(0);
    expect(stateOf(snapshot, "task_queue")).toBe("not visible");
    expect(snapshot.collectors.find(({ name }) => name === "task_queue")?.error).toMatchObject({
      sqlState: "42501",
    });
    expect(stateOf(snapshot, "databases")).toBe("ok");
    await end();

    await client.query(`GRANT pg_monitor TO ${role}`);
    const watching = await look(url.href);
    const notOk = watching.collectors.filter(({ state }) => state !== "ok");
    // Statements are in a schema of public, and a replica it is not.
    expect(notOk.map(({ name, state }) => [name, state])).toEqual([["replica", "unsupported"]]);
    expect(valuesOf(watching, "smith_pg_connections", { state: "hidden" })).toEqual([0]);
    await end();
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it("says that statements are not supported where they are not recorded", async () => {
    await client.query("DROP EXTENSION pg_stat_statements");
    const without = await look();
    expect(stateOf(without, "statements")).toBe("unsupported");
    expect(valuesOf(without, "smith_pg_statement_calls_total")).toEqual([]);
    await end();
    await client.query(`CREATE SCHEMA "Else where"; CREATE EXTENSION pg_stat_statements SCHEMA "Else where"`);
    const within = await look();
    expect(stateOf(within, "statements")).toBe("ok");
    expect(valuesOf(within, "smith_pg_statement_calls_total").length).toBeGreaterThan(0);
  });

  it("shows fifty statements, however many there are", async () => {
    await client.query(
      `DO $$ BEGIN FOR n IN 1..200 LOOP EXECUTE format('SELECT 1 AS a%s', n); END LOOP; END $$`,
    );
    for (let n = 0; n < 120; n += 1) await client.query(`SELECT ${n} AS column_${n}`);
    expect(valuesOf(await look(), "smith_pg_statement_calls_total")).toHaveLength(50);
  });

  it("goes by a table's own settings for when autovacuum comes", async () => {
    await client.query(`
      CREATE TABLE public.plain (a INT);
      CREATE TABLE public.own (a INT) WITH (autovacuum_vacuum_threshold = 7, autovacuum_vacuum_scale_factor = 0.5, autovacuum_enabled = off);
      INSERT INTO public.plain SELECT generate_series(1, 9000);
      INSERT INTO public.own SELECT generate_series(1, 9000);
      ANALYZE public.plain, public.own;
      DELETE FROM public.plain; DELETE FROM public.own;
      SELECT pg_stat_force_next_flush()`);
    const snapshot = await look();
    const of = (name: string, table: string) => valuesOf(snapshot, name, { table });
    expect(of("smith_pg_table_dead_rows", "own")).toEqual([9000]);
    expect(of("smith_pg_table_autovacuum_dead_rows", "own")).toEqual([4507]);
    expect(of("smith_pg_table_autovacuum_dead_rows", "plain")).toEqual([50 + 1800]);
    expect(of("smith_pg_table_autovacuum_off", "own")).toEqual([1]);
    expect(of("smith_pg_table_autovacuum_off", "plain")).toEqual([0]);
  });

  it("finds an index whose building failed, and a sequence that is nearly used up", async () => {
    await client.query(`
      CREATE TABLE public.twice (a INT); INSERT INTO public.twice VALUES (1), (1);
      CREATE SEQUENCE public.short MAXVALUE 1000; SELECT setval('public.short', 901)`);
    await client.query("CREATE UNIQUE INDEX CONCURRENTLY twice_a ON public.twice (a)").catch(() => undefined);
    const snapshot = await look();
    expect(valuesOf(snapshot, "smith_pg_invalid_indexes")).toEqual([1]);
    expect(valuesOf(snapshot, "smith_pg_sequence_used_ratio", { sequence: "short" })[0]).toBeCloseTo(0.9, 2);
    await client.query("DROP TABLE public.twice; DROP SEQUENCE public.short");
  });

  it("judges a sequence by the column that takes its numbers, and says of how many nothing is known", async () => {
    const role = `counter_${randomUUID().slice(0, 8)}`;
    await client.query(`
      CREATE SEQUENCE public.wide; SELECT setval('public.wide', 2147483600);
      CREATE TABLE public.narrow (id INT DEFAULT nextval('public.wide'));
      CREATE SEQUENCE public.owned; SELECT setval('public.owned', 32000);
      CREATE TABLE public.owner_of (id SMALLINT); ALTER SEQUENCE public.owned OWNED BY public.owner_of.id;
      CREATE SEQUENCE public.never_used START 500 MAXVALUE 1000;
      CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_monitor; GRANT SELECT ON SEQUENCE public.never_used TO ${role}`);
    const used = (snapshot: Snapshot, sequence: string) =>
      valuesOf(snapshot, "smith_pg_sequence_used_ratio", { schema: "public", sequence })[0];
    const snapshot = await look();
    expect(used(snapshot, "wide")).toBeGreaterThan(0.99);
    expect(used(snapshot, "owned")).toBeGreaterThan(0.97);
    expect(used(snapshot, "never_used")).toBeCloseTo(0.5, 2);
    expect(valuesOf(snapshot, "smith_pg_sequences_unknown")).toEqual([0]);
    await end();

    const url = new URL(database.url);
    url.username = role;
    url.password = "secret";
    const watching = await look(url.href);
    expect(stateOf(watching, "sequences")).toBe("not visible");
    expect(used(watching, "wide")).toBeUndefined();
    expect(used(watching, "never_used")).toBeCloseTo(0.5, 2);
    expect(valuesOf(watching, "smith_pg_sequences_unknown")).toEqual([2]);
    await end();
    await client.query(`DROP TABLE public.narrow, public.owner_of; DROP SEQUENCE public.wide, public.never_used;
      DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it("finds indexes that another one begins with, of two that are the same one, and none that differs", async () => {
    const of = async () => {
      await using fresh = await createMonitor({ url: database.url });
      const snapshot = await fresh.look();
      return {
        count: valuesOf(snapshot, "smith_pg_redundant_indexes")[0] ?? 0,
        bytes: valuesOf(snapshot, "smith_pg_redundant_index_bytes")[0] ?? 0,
      };
    };
    const before = await of();
    await client.query(`
      CREATE TABLE public.indexed (a INT, b INT, c TEXT COLLATE "C", UNIQUE (a, b));
      CREATE INDEX only_a ON public.indexed (a);
      CREATE INDEX same_1 ON public.indexed (b, c); CREATE INDEX same_2 ON public.indexed (b, c);
      CREATE INDEX part ON public.indexed (a) WHERE b > 0;
      CREATE INDEX other_order ON public.indexed (a DESC);
      CREATE INDEX other_words ON public.indexed (b, c COLLATE "POSIX");
      CREATE INDEX lower_1 ON public.indexed (lower(c)); CREATE INDEX lower_2 ON public.indexed (lower(c), a);
      CREATE INDEX upper_2 ON public.indexed (upper(c), a)`);
    const after = await of();
    expect([after.count - before.count, after.bytes - before.bytes]).toEqual([3, 3 * 8192]);
    await client.query("DROP TABLE public.indexed");
  });

  it("sees how many wait one behind the other, and for how long", async () => {
    const [holder, second, third] = [await connect(), await connect(), await connect()];
    await client.query(
      "CREATE TABLE public.chained (a INT PRIMARY KEY); INSERT INTO public.chained VALUES (1), (2)",
    );
    await holder.query("BEGIN; UPDATE public.chained SET a = 1 WHERE a = 1");
    await second.query("BEGIN; UPDATE public.chained SET a = 2 WHERE a = 2");
    const waiting = [
      second.query("UPDATE public.chained SET a = 1 WHERE a = 1; COMMIT"),
      third.query("UPDATE public.chained SET a = 2 WHERE a = 2"),
    ];
    const waits = async () =>
      (
        await client.query(
          "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%public.chained%' AND pid <> pg_backend_pid()",
        )
      ).rowCount;
    while ((await waits()) !== 2);
    const snapshot = await look();
    expect(valuesOf(snapshot, "smith_pg_lock_longest_chain")[0]).toBeGreaterThanOrEqual(2);
    expect(valuesOf(snapshot, "smith_pg_lock_longest_wait_seconds")[0]).toBeGreaterThan(0);
    await holder.query("ROLLBACK");
    await Promise.all(waiting);
    await client.query("DROP TABLE public.chained");
  });

  it("sees what an unused replication slot keeps", async () => {
    const slot = `kept_${randomUUID().slice(0, 8)}`;
    await client.query("SELECT pg_create_physical_replication_slot($1, TRUE)", [slot]);
    await client.query("CREATE TABLE public.logged AS SELECT generate_series(1, 10000) AS a");
    const snapshot = await look();
    expect(valuesOf(snapshot, "smith_pg_replication_slot_active", { slot })).toEqual([0]);
    expect(valuesOf(snapshot, "smith_pg_replication_slot_retained_bytes", { slot })[0]).toBeGreaterThan(
      100_000,
    );
    await client.query("SELECT pg_drop_replication_slot($1)", [slot]);
  });

  it("borrows a connection of a database that is open, and leaves it open and as it was", async () => {
    await using open = await createDatabase({ primary: { url: database.url, max: 2 } });
    const borrowing = createMonitorOn(open);
    const snapshot = await borrowing.look();
    expect(snapshot.collectors.filter(({ state }) => state !== "ok").map(({ name }) => name)).toEqual([
      "replica",
    ]);
    const holder = await connect();
    await holder.query("BEGIN; LOCK TABLE tasks.ready IN ACCESS EXCLUSIVE MODE");
    const hindered = await createMonitorOn(open).look();
    expect(hindered.collectors.find(({ name }) => name === "task_queue")?.error).toMatchObject({
      sqlState: "55P03",
    });
    expect(stateOf(hindered, "outbox")).toBe("ok");
    await holder.query("ROLLBACK");
    await borrowing.close();
    const setting = sql.type(
      z.object({ timeout: z.string() }),
    )`SELECT current_setting('lock_timeout') AS timeout`;
    expect(await open.write.oneFirst(setting)).not.toBe("100ms");
    expect(() => createMonitorOn(open, { timeoutMs: 0 })).toThrow("timeoutMs: ");
  });

  it("is one for all who ask at once, and asks again when it is due", async () => {
    monitor = await createMonitor({ url: database.url });
    const [one, other] = await Promise.all([monitor.look(), monitor.look()]);
    expect(one).toBe(other);
    const again = await monitor.look();
    const at = (snapshot: Snapshot) => snapshot.collectors.map(({ answeredAt }) => answeredAt?.getTime());
    expect(at(again)).toEqual(at(one));
  });

  it("shows nothing old when the server is away, and goes on when it is back", async () => {
    const url = new URL(database.url);
    const one = await look(url.href);
    expect(one.samples.length).toBeGreaterThan(50);
    await end();
    url.port = "1";
    const away = await look(url.href, { collectorTimeoutMs: 500 });
    expect(new Set(away.collectors.map(({ state }) => state))).toEqual(new Set(["failed"]));
    expect(away.samples.filter(({ metric }) => !metric.name.startsWith("smith_monitor_"))).toEqual([]);
    expect(valuesOf(away, "smith_monitor_collector_failures_total")).toEqual(allCollectors.map(() => 1));
  });

  it("leaves out what there is no time for, and says so", async () => {
    const snapshot = await look(database.url, { timeoutMs: 1 });
    expect(snapshot.collectors.some(({ state }) => state === "failed")).toBe(true);
  });
});

it("refuses options that are not allowed, by their names", async () => {
  await expect(createMonitor({ url: "", timeoutMs: 0 })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringMatching(/(?=.*url: )(?=.*timeoutMs: )/),
  });
});
