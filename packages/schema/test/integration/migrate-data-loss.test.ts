import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { migrateDown, migrateUp } from "../../src/index.ts";
import { loginRole } from "../support/login-role.ts";
import { type MigrationLab, migrationLab } from "../support/migration-lab.ts";

/** Migrates up with one script and puts its way back beside it. */
async function migrated(lab: MigrationLab, up: string, down: string): Promise<void> {
  await lab.write({ "00001_x.up.sql": up, "00001_x.down.sql": down });
  await migrateUp(lab.options);
}

const rows = "INSERT INTO t SELECT g, CASE WHEN g = 1 THEN 'x' END FROM generate_series(1, 3) AS g";

describe.each(clusters())("going down on PostgreSQL $major", (cluster) => {
  it.each([
    ["a table", "CREATE TABLE t (a INT, b TEXT);", "DROP TABLE t;", rows, { what: "public.t", rows: 3 }],
    [
      "a column that has a value",
      "CREATE TABLE t (a INT, b TEXT);",
      "ALTER TABLE t DROP COLUMN a, DROP COLUMN b;",
      "INSERT INTO t VALUES (NULL, 'x'), (NULL, NULL)",
      { kind: "column", what: "public.t.b", rows: 1 },
    ],
    [
      "a schema",
      "CREATE SCHEMA s; CREATE TABLE s.t (a INT);",
      "DROP SCHEMA s CASCADE;",
      "INSERT INTO s.t VALUES (1)",
      { what: "s.t", rows: 1 },
    ],
    [
      "a partitioned table, counted once",
      "CREATE TABLE t (a INT, b TEXT) PARTITION BY HASH (a); CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0);",
      "DROP TABLE t;",
      rows,
      { what: "public.t", rows: 3 },
    ],
    [
      "what it truncates",
      "CREATE TABLE t (a INT, b TEXT);",
      "TRUNCATE t;",
      rows,
      { what: "public.t", rows: 3 },
    ],
    [
      "a table that it renames first",
      "CREATE TABLE t (a INT, b TEXT);",
      "ALTER TABLE t RENAME TO gone; DROP TABLE gone;",
      rows,
      { what: "public.t", rows: 3 },
    ],
    [
      "a table from within a block",
      "CREATE TABLE t (a INT, b TEXT);",
      "DO $$ BEGIN EXECUTE 'DROP TA' || 'BLE t'; END $$;",
      rows,
      { what: "public.t", rows: 3 },
    ],
    [
      "a column by CASCADE from its type",
      "CREATE TYPE mood AS ENUM ('x'); CREATE TABLE t (a INT, b mood);",
      "DROP TYPE mood CASCADE;",
      "INSERT INTO t VALUES (1, 'x'), (2, NULL)",
      { kind: "column", what: "public.t.b", rows: 1 },
    ],
    [
      "a child table by CASCADE from its parent",
      "CREATE TABLE t (a INT); CREATE TABLE child () INHERITS (t);",
      "DROP TABLE t CASCADE;",
      "INSERT INTO child VALUES (1)",
      { what: "public.child", rows: 1 },
    ],
    [
      "the values of a column whose type it changes with USING",
      "CREATE TABLE t (a INT, b TEXT);",
      "ALTER TABLE t ALTER b TYPE text USING NULL;",
      rows,
      { kind: "column", what: "public.t.b", rows: 1 },
    ],
    [
      "the values of a column that PostgreSQL would round",
      "CREATE TABLE t (a NUMERIC, b TEXT);",
      "ALTER TABLE t ALTER a TYPE int;",
      rows,
      { kind: "column", what: "public.t.a", rows: 3 },
    ],
    [
      "the values of a column whose type a block changes",
      "CREATE TABLE t (a BIGINT, b TEXT);",
      "DO $$ BEGIN ALTER TABLE t ALTER a TYPE int USING 0; END $$;",
      rows,
      { kind: "column", what: "public.t.a", rows: 3 },
    ],
  ])("does not drop %s, and says how many rows", async (_what, up, down, fill, loss) => {
    await using lab = await migrationLab(cluster);
    await migrated(lab, up, down);
    await lab.rows(fill);
    await expect(migrateDown(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_DATA_LOSS",
      message: expect.stringContaining(`${loss.what} (${loss.rows}`),
      details: { losses: [{ exact: true, ...loss }] },
    });
    expect(await lab.rows("SELECT version FROM schema_migrations")).toEqual([{ version: "1" }]);
    const accepted = await migrateDown({ ...lab.options, acceptDataLoss: true });
    expect(accepted.migrations).toHaveLength(1);
  });

  it("does not take rows that policies hide for none", async () => {
    await using lab = await migrationLab(cluster);
    await using role = await loginRole(lab);
    await lab.rows(`GRANT CREATE ON SCHEMA public TO ${role.name}`);
    const owner = { ...lab.options, connection: role.url };
    await lab.write({
      "00001_x.up.sql":
        "CREATE TABLE t (a INT, b TEXT); ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;",
      "00001_x.down.sql": "DROP TABLE t;",
    });
    await migrateUp(owner);
    await lab.rows(rows);
    await expect(migrateDown(owner)).rejects.toMatchObject({
      code: "MIGRATION_PERMISSION",
      message: expect.stringContaining("whether public.t holds rows"),
    });
    expect(await lab.rows("SELECT count(*)::int AS n FROM t")).toEqual([{ n: 3 }]);
  });

  it("drops what is empty", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(
      lab,
      "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('x'); CREATE TABLE s.t (a INT, m s.mood) PARTITION BY LIST (a); CREATE TABLE s.t1 PARTITION OF s.t DEFAULT; CREATE TABLE kept (a INT, b INT);",
      "ALTER TABLE kept DROP COLUMN b; DO $$ BEGIN DROP SCHEMA s CASCADE; END $$;",
    );
    await lab.rows("INSERT INTO kept (a) VALUES (1)");
    expect(await migrateDown(lab.options)).toMatchObject({ to: 0, migrations: [{ lost: [] }] });
    expect(await lab.rows("SELECT a FROM kept")).toEqual([{ a: 1 }]);
  });

  it("changes types where no value can be lost", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(
      lab,
      "CREATE TABLE t (a BIGINT, b TEXT, c TEXT) PARTITION BY HASH (a); CREATE TABLE t0 PARTITION OF t FOR VALUES WITH (MODULUS 1, REMAINDER 0); CREATE TABLE u (a BIGINT, b NUMERIC);",
      "ALTER TABLE u ALTER a TYPE int, ALTER b TYPE int; ALTER TABLE t ALTER b TYPE varchar(9), ALTER c TYPE int USING 0;",
    );
    await lab.rows("INSERT INTO t VALUES (1, 'x')");
    await lab.rows("INSERT INTO u VALUES (7)");
    expect(await migrateDown(lab.options)).toMatchObject({ to: 0, migrations: [{ lost: [] }] });
    expect(await lab.rows("SELECT t.b, u.a FROM t, u")).toEqual([{ b: "x", a: 7 }]);
  });

  it("looks at all files before it touches the first", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(lab, "CREATE TABLE t (a INT, b TEXT);", "DROP TABLE t;");
    await lab.write({ "00002_y.up.sql": "CREATE TABLE y ();", "00002_y.down.sql": "DROP TABLE y;" });
    await migrateUp(lab.options);
    await lab.rows(rows);
    await expect(migrateDown({ ...lab.options, steps: 2 })).rejects.toMatchObject({
      code: "MIGRATION_DATA_LOSS",
      details: { file: "00001_x.down.sql" },
    });
    expect(await lab.rows("SELECT to_regclass('y') IS NOT NULL AS there")).toEqual([{ there: true }]);
  });

  it("does not drop a row that came in after it had counted", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(lab, "CREATE TABLE t (a INT, b TEXT);", "DROP TABLE t;");
    const writer = await lab.connect();
    await writer.query("BEGIN");
    // Not committed, so that the count sees nothing and the lock has to wait.
    await writer.query(rows);
    const blocked = Promise.withResolvers<void>();
    const down = migrateDown({
      ...lab.options,
      statementLockTimeoutMs: 50,
      lockRetryDelayMs: 10,
      onEvent: ({ type }) => type === "lock-retry" && blocked.resolve(),
    }).catch((error: unknown) => error);
    await blocked.promise;
    await writer.query("COMMIT");
    expect(await down).toMatchObject({ code: "MIGRATION_DATA_LOSS", details: { losses: [{ rows: 3 }] } });
    expect(await lab.rows("SELECT count(*)::int AS n FROM t")).toEqual([{ n: 3 }]);
  });

  it("waits for a table in use no longer than a statement may, and names who uses it", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(lab, "CREATE TABLE t (a INT, b TEXT);", "DROP TABLE t;");
    const reader = await lab.connect();
    await reader.query("BEGIN; SELECT FROM t");
    const options = { ...lab.options, statementLockTimeoutMs: 100, lockRetries: 1, lockRetryDelayMs: 10 };
    await expect(migrateDown(options)).rejects.toMatchObject({
      code: "MIGRATION_BLOCKED",
      message: expect.stringMatching(/^00001_x.down.sql, line 1: .*"migration test" of postgres/),
    });
    await reader.query("COMMIT");
  });

  it("keeps on record what was given up", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(lab, "CREATE TABLE t (a INT, b TEXT);", "DROP TABLE t;");
    await lab.rows(rows);
    const lost = [{ kind: "table", what: "public.t", rows: 3, exact: true }];
    expect(await migrateDown({ ...lab.options, acceptDataLoss: true })).toMatchObject({
      migrations: [{ lost }],
    });
    expect(
      await lab.rows("SELECT details -> 'lost' AS lost FROM schema_migrations_history WHERE action = 'down'"),
    ).toEqual([{ lost }]);
  });

  it("says about how many when there are more than a million", async () => {
    await using lab = await migrationLab(cluster);
    await migrated(lab, "CREATE TABLE t (a INT, b TEXT);", "DROP TABLE t;");
    await lab.rows("INSERT INTO t SELECT g FROM generate_series(1, 1000005) AS g");
    await lab.rows("ANALYZE t");
    await expect(migrateDown(lab.options)).rejects.toMatchObject({
      message: expect.stringMatching(/public\.t \(about 1,00\d,\d{3} rows\)/),
      details: { losses: [{ exact: false }] },
    });
  });
});
