import { randomUUID } from "node:crypto";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Bloat, createMonitor, type MonitorBounds, type Snapshot } from "../../src/index.ts";

describe.each(clusters())("bloat on PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let client: Client;
  const role = `onlooker_${randomUUID().slice(0, 8)}`;
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
    // A bit of everything: equal keys, NULL, expressions, parts, a fillfactor, other kinds of indexes.
    await client.query(`
      CREATE TABLE public.full_one (id BIGINT PRIMARY KEY, kind TEXT, note TEXT, n INT) WITH (autovacuum_enabled = off);
      INSERT INTO public.full_one
        SELECT i, 'kind' || i % 7, repeat('x', i % 90), nullif(i % 3, 0) FROM generate_series(1, 50000) AS i;
      CREATE INDEX full_kind ON public.full_one (kind);
      CREATE INDEX full_lower ON public.full_one (lower(note), id);
      CREATE INDEX full_part ON public.full_one (id) WHERE n = 1;
      CREATE INDEX full_equal ON public.full_one (kind, n);
      CREATE INDEX full_gin ON public.full_one USING gin (to_tsvector('simple', note));
      CREATE TABLE public.half_filled (id INT, t TEXT) WITH (fillfactor = 50, autovacuum_enabled = off);
      INSERT INTO public.half_filled SELECT i, md5(i::TEXT) FROM generate_series(1, 50000) AS i;
      CREATE TABLE public.wasting (id UUID PRIMARY KEY DEFAULT gen_random_uuid(), t TEXT) WITH (autovacuum_enabled = off);
      INSERT INTO public.wasting (t) SELECT md5(i::TEXT) FROM generate_series(1, 60000) AS i;
      CREATE TABLE public.unknown (t TEXT) WITH (autovacuum_enabled = off);
      INSERT INTO public.unknown SELECT md5(i::TEXT) FROM generate_series(1, 1000) AS i;
      DELETE FROM public.wasting WHERE id::TEXT < '8'`);
    // Else what was counted of it comes after the vacuum, on top of what that counted.
    await client.query("SELECT pg_stat_force_next_flush()");
    await client.query("VACUUM ANALYZE public.full_one, public.half_filled, public.wasting");
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_monitor`);
  });
  afterEach(async () => {
    await client.query("DROP EXTENSION IF EXISTS pgstattuple");
  });
  afterAll(async () => {
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await Promise.all(clients.map((one) => one.end()));
    await database.drop();
  });
  async function connect(): Promise<Client> {
    const one = new Client({ connectionString: database.url });
    clients.push(one);
    await one.connect();
    return one;
  }
  const urlOfRole = () => {
    const url = new URL(database.url);
    url.username = role;
    url.password = "secret";
    return url.href;
  };
  async function found(bounds: MonitorBounds = {}, url = database.url): Promise<ReadonlyMap<string, Bloat>> {
    await using monitor = await createMonitor({ url, ...bounds });
    const all = (await monitor.bloat(200)) ?? [];
    return new Map(all.map((one) => [one.index ?? one.table, one]));
  }
  async function look(bounds: MonitorBounds = {}, url = database.url): Promise<Snapshot> {
    await using monitor = await createMonitor({ url, ...bounds });
    return await monitor.look();
  }
  const valuesOf = ({ samples }: Snapshot, name: string, labels: object = {}) =>
    samples
      .filter(({ metric }) => metric.name === name)
      .filter((sample) => expect.objectContaining(labels).asymmetricMatch(sample.labels))
      .map(({ value }) => value);
  const stateOf = ({ collectors }: Snapshot, name: string) =>
    collectors.find((collector) => collector.name === name)?.state;
  const share = (one: Bloat | undefined) => (one?.bloatBytes ?? Number.NaN) / (one?.bytes ?? 0);

  it("is estimated without reading, within a tenth of what reading says, with the fillfactor subtracted", async () => {
    await client.query("CREATE EXTENSION pgstattuple SCHEMA monitoring");
    const estimated = await found({ exactBytes: 0 });
    const exact = await found();
    for (const name of ["wasting", "wasting_pkey"]) {
      expect(estimated.get(name)).toMatchObject({ method: "estimated" });
      expect(exact.get(name)).toMatchObject({ method: "exact" });
      expect(share(exact.get(name))).toBeGreaterThan(0.4);
      expect(Math.abs(share(estimated.get(name)) - share(exact.get(name)))).toBeLessThan(0.1);
    }
    for (const name of ["full_one", "half_filled", "full_one_pkey", "full_kind", "full_lower", "full_part"])
      expect([name, share(estimated.get(name)) < 0.1]).toEqual([name, true]);
  });

  it("is named unknown, with the reason, where nothing can be said: never 0", async () => {
    const all = await found();
    expect(all.get("unknown")).toMatchObject({ bloatBytes: null, method: null, reason: "no statistics" });
    expect(all.get("full_gin")).toMatchObject({ bloatBytes: null, reason: "unsupported: gin" });
    expect(all.get("full_equal")).toMatchObject({
      bloatBytes: null,
      reason: "unsupported: equal keys of several columns",
    });
    const snapshot = await look();
    expect(
      valuesOf(snapshot, "smith_pg_table_bloat_unknown_tables", { reason: "no statistics" })[0],
    ).toBeGreaterThanOrEqual(1);
    expect(
      valuesOf(snapshot, "smith_pg_index_bloat_unknown_indexes", { reason: "unsupported" })[0],
    ).toBeGreaterThanOrEqual(2);
    expect(valuesOf(snapshot, "smith_pg_table_bloat_bytes", { table: "unknown" })).toEqual([]);
  });

  it("is read of the worst as far as the bytes reach, and one that is too large keeps no other from being read", async () => {
    await client.query("CREATE EXTENSION pgstattuple SCHEMA monitoring");
    const all = await found({ exactBytes: 0 });
    const size = all.get("unknown")?.bytes ?? 0;
    const some = await found({ exactBytes: size });
    expect(some.get("wasting")).toMatchObject({ method: "estimated" });
    expect(some.get("unknown")).toMatchObject({ method: "exact", reason: null });
    const less = await found({ exactBytes: size - 1 });
    expect(less.get("unknown")).toMatchObject({ method: null, reason: "no statistics" });
  });

  it("is seen by a role that may only watch, which may read none of the rows", async () => {
    await client.query("CREATE EXTENSION pgstattuple SCHEMA monitoring");
    const watching = await connectAs(urlOfRole());
    await expect(watching.query("SELECT FROM public.wasting")).rejects.toMatchObject({ code: "42501" });
    await watching.end();
    const estimated = await found({ exactBytes: 0 }, urlOfRole());
    for (const name of ["wasting", "wasting_pkey"])
      expect(estimated.get(name)).toMatchObject({ method: "estimated", reason: null });
    const all = await found({}, urlOfRole());
    expect(all.get("wasting")).toMatchObject({ method: "exact" });
    expect(share(all.get("wasting"))).toBeGreaterThan(0.4);
    const snapshot = await look({}, urlOfRole());
    expect([stateOf(snapshot, "table_bloat"), stateOf(snapshot, "index_bloat")]).toEqual(["ok", "ok"]);
  });

  it("is not visible, and no 0, where its statistics are not for the owner of the functions", async () => {
    await client.query(`
      CREATE ROLE ${role}_owner; GRANT CREATE, USAGE ON SCHEMA public, monitoring TO ${role}_owner;
      ALTER FUNCTION monitoring.table_bloat() OWNER TO ${role}_owner;
      ALTER FUNCTION monitoring.index_bloat() OWNER TO ${role}_owner`);
    const all = await found({}, urlOfRole());
    expect(all.get("wasting")).toMatchObject({ bloatBytes: null, reason: "not visible" });
    const snapshot = await look({}, urlOfRole());
    expect([stateOf(snapshot, "table_bloat"), stateOf(snapshot, "index_bloat")]).toEqual([
      "not visible",
      "not visible",
    ]);
    expect(valuesOf(snapshot, "smith_pg_table_bloat_bytes", { table: "wasting" })).toEqual([]);
    await client.query(`
      ALTER FUNCTION monitoring.table_bloat() OWNER TO CURRENT_USER;
      ALTER FUNCTION monitoring.index_bloat() OWNER TO CURRENT_USER;
      DROP OWNED BY ${role}_owner; DROP ROLE ${role}_owner`);
  });

  it("is judged of what may be seen, though some may not be, which is named", async () => {
    await client.query(`
      CREATE ROLE ${role}_owner; GRANT CREATE, USAGE ON SCHEMA public, monitoring TO ${role}_owner;
      GRANT SELECT ON public.half_filled TO ${role}_owner;
      ALTER FUNCTION monitoring.table_bloat() OWNER TO ${role}_owner`);
    try {
      await using monitor = await createMonitor({ url: urlOfRole() });
      const checks = await monitor.check();
      expect(checks.find(({ metric }) => metric === "table_bloat_percent")?.value).not.toBeNull();
      const snapshot = await monitor.look();
      expect(stateOf(snapshot, "table_bloat")).toBe("not visible");
      expect(
        valuesOf(snapshot, "smith_pg_table_bloat_unknown_tables", { reason: "not visible" })[0],
      ).toBeGreaterThan(0);
    } finally {
      await client.query(`
        ALTER FUNCTION monitoring.table_bloat() OWNER TO CURRENT_USER;
        DROP OWNED BY ${role}_owner; DROP ROLE ${role}_owner`);
    }
  });

  it("of a table of columns that are aligned is not what lies between them", async () => {
    const tables = {
      flags: ["BOOLEAN", "TIMESTAMPTZ"],
      steps: ["BOOLEAN", "SMALLINT", "INT", "INT", "BIGINT"],
      packed: [...Array.from({ length: 8 }, () => "BOOLEAN"), "BIGINT"],
    };
    for (const [name, types] of Object.entries(tables)) {
      const columns = Array.from({ length: 8 }, () => types).flat();
      const value = (type: string) => (type === "TIMESTAMPTZ" ? "now()" : `1::INT::${type}`);
      await client.query(`
        CREATE TABLE public.padded_${name} (${columns.map((type, at) => `c${at} ${type} NOT NULL`).join(", ")});
        INSERT INTO public.padded_${name} SELECT ${columns.map(value).join(", ")}
        FROM generate_series(1, 20000)`);
      await client.query(`VACUUM (FULL, ANALYZE) public.padded_${name}`);
    }
    await client.query(
      "DELETE FROM public.padded_packed WHERE ctid::TEXT LIKE '%1)' OR ctid::TEXT LIKE '%3)' OR ctid::TEXT LIKE '%5)'",
    );
    await client.query("SELECT pg_stat_force_next_flush()");
    await client.query("VACUUM ANALYZE public.padded_packed");
    const all = await found({ exactBytes: 0 });
    expect(share(all.get("padded_flags"))).toBeLessThan(0.05);
    expect(share(all.get("padded_steps"))).toBeLessThan(0.05);
    // And what is bloat is not taken for that.
    expect(share(all.get("padded_packed"))).toBeGreaterThan(0.2);
    await client.query("DROP TABLE public.padded_flags, public.padded_steps, public.padded_packed");
  });

  it("of what somebody has locked is unknown, and that keeps none of the others from being measured", async () => {
    await client.query("CREATE EXTENSION pgstattuple SCHEMA monitoring");
    const holder = await connect();
    await holder.query("BEGIN; LOCK TABLE public.wasting IN ACCESS EXCLUSIVE MODE");
    const all = await found();
    expect(all.get("wasting")).toMatchObject({ bytes: null, bloatBytes: null, reason: "locked" });
    expect(all.get("full_one")?.bloatBytes).not.toBeNull();
    const snapshot = await look();
    expect([stateOf(snapshot, "table_bloat"), stateOf(snapshot, "index_bloat")]).toEqual(["ok", "ok"]);
    await holder.query("ROLLBACK");
    expect((await found()).get("wasting")).toMatchObject({ method: "exact" });
  });

  async function connectAs(url: string): Promise<Client> {
    const one = new Client({ connectionString: url });
    await one.connect();
    return one;
  }
});
