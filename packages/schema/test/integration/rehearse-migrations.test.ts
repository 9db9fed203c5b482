import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrateUp, readCatalog, rehearseMigrations } from "../../src/index.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const shop = {
  "00001_shop.up.sql": `
    CREATE SCHEMA shop;
    CREATE TABLE shop.customers (id bigint PRIMARY KEY);
    CREATE TABLE shop.orders (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer_id bigint REFERENCES shop.customers DEFERRABLE INITIALLY DEFERRED,
      note text,
      amount integer
    );
    INSERT INTO shop.orders (note, amount) SELECT 'n', n FROM generate_series(1, 100) AS n;`,
};
const change = (name: string, sql: string) => ({ ...shop, [`00002_${name}.up.sql`]: sql });

describe.each(clusters())("rehearsing migrations on PostgreSQL $major", (cluster) => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase({ cluster });
    client = new pg.Client({ connectionString: database.url, application_name: "rehearse test" });
    await client.connect();
    await using folder = await temporaryFolder(shop);
    await migrateUp({ connection: database.url, folder: folder.path });
  });

  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  const rehearse = async (files: Readonly<Record<string, string>>, options = {}) => {
    await using folder = await temporaryFolder(files);
    return await rehearseMigrations({ connection: database.url, folder: folder.path, ...options });
  };

  it("reports the locks, rows and rewrites of each statement", async () => {
    const result = await rehearse({
      ...change("index", "CREATE INDEX orders_note ON shop.orders (note);"),
      "00003_rows.up.sql":
        "UPDATE shop.orders SET note = 'm' WHERE amount <= 40;\n\nCREATE TABLE shop.new (id bigint);",
      "00004_type.up.sql": "ALTER TABLE shop.orders ALTER COLUMN amount TYPE bigint;",
      "00005_column.up.sql": "ALTER TABLE shop.customers ADD COLUMN name text;",
    });
    expect(result).toMatchObject({ ok: true, complete: true, from: 1, table: "public.schema_migrations" });
    const [index, rows, type, column] = result.files;
    expect(index?.locks).toEqual([{ relation: "shop.orders", mode: "SHARE", existed: true }]);
    expect(index?.statements[0]?.rewritten).toEqual([]);
    expect(rows?.statements).toMatchObject([
      { line: 1, tag: "UpdateStmt", rows: 40 },
      { line: 3, tag: "CreateStmt", rows: null, locks: [{ relation: "shop.new", existed: false }] },
    ]);
    expect(type?.locks).toContainEqual({ relation: "shop.orders", mode: "ACCESS EXCLUSIVE", existed: true });
    expect(type?.statements[0]?.rewritten).toContainEqual(
      expect.objectContaining({ relation: "shop.orders", kind: "table" }),
    );
    expect(column?.locks).toEqual([{ relation: "shop.customers", mode: "ACCESS EXCLUSIVE", existed: true }]);
    expect(column?.statements[0]?.rewritten).toEqual([]);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("names a weaker lock too when a stronger one is held from before", async () => {
    const { files } = await rehearse(
      change("both", "ALTER TABLE shop.orders ADD COLUMN q int;\nCREATE INDEX ON shop.orders (note);"),
    );
    expect(files[0]?.statements[1]?.locks).toContainEqual({
      relation: "shop.orders",
      mode: "SHARE",
      existed: true,
    });
    expect(files[0]?.locks).toContainEqual({
      relation: "shop.orders",
      mode: "ACCESS EXCLUSIVE",
      existed: true,
    });
  });

  it("leaves nothing behind but the numbers of sequences", async () => {
    const before = await readCatalog(client);
    const rowsOf = async () =>
      (await client.query("SELECT id, note, amount FROM shop.orders ORDER BY id")).rows;
    const rows = await rowsOf();
    const result = await rehearse(
      change(
        "much",
        `CREATE TABLE shop.more (id bigint);
         ALTER TABLE shop.orders DROP COLUMN amount;
         DROP TABLE shop.customers CASCADE;
         INSERT INTO shop.orders (note) VALUES ('x');`,
      ),
    );
    expect(result.complete).toBe(true);
    expect(await readCatalog(client)).toEqual(before);
    expect(await rowsOf()).toEqual(rows);
    expect((await client.query("SELECT version FROM schema_migrations")).rowCount).toBe(1);
    expect((await client.query("SELECT last_value FROM shop.orders_id_seq")).rows).toEqual([
      { last_value: "101" },
    ]);
  });

  it("writes nothing into an empty database either, its own tables included", async () => {
    await using empty = await createTestDatabase({ cluster });
    await using folder = await temporaryFolder({
      ...shop,
      "00002_rights.up.sql": "GRANT SELECT ON public.schema_migrations TO pg_monitor;",
    });
    const result = await rehearseMigrations({ connection: empty.url, folder: folder.path });
    expect(result).toMatchObject({ complete: true, from: 0 });
    const other = new pg.Client({ connectionString: empty.url });
    await other.connect();
    expect((await readCatalog(other)).filter(({ kind }) => kind === "table")).toEqual([]);
    await other.end();
  });

  it("names what cannot be rehearsed, and does not judge what may depend on it", async () => {
    const result = await rehearse({
      ...change("concurrent", "CREATE UNIQUE INDEX CONCURRENTLY orders_amount ON shop.orders (amount);"),
      "00003_uses_it.up.sql":
        "ALTER TABLE shop.orders ADD CONSTRAINT one_amount UNIQUE USING INDEX orders_amount;",
      "00004_free.up.sql": "COMMENT ON TABLE shop.orders IS 'what was ordered';",
    });
    expect(result).toMatchObject({
      ok: true,
      complete: false,
      files: [
        { outcome: "not-rehearsable", reason: expect.stringContaining("line 1 cannot run in a transaction") },
        {
          outcome: "unknown",
          reason: expect.stringContaining("00002_concurrent.up.sql, which was not rehearsed"),
        },
        { outcome: "ok", reason: null },
      ],
    });
  });

  it("does not judge the use of an enum label that only a commit makes usable", async () => {
    const result = await rehearse({
      ...change("enum", "CREATE TYPE shop.mood AS ENUM ('ok');\nCREATE TABLE shop.m (mood shop.mood);"),
      "00003_label.up.sql": "ALTER TYPE shop.mood ADD VALUE 'sad';",
      "00004_use.up.sql": "INSERT INTO shop.m VALUES ('sad'), ('none');",
    });
    expect(result.files.at(-1)).toMatchObject({
      outcome: "unknown",
      reason: expect.stringContaining("00003_label"),
    });
  });

  it("says where a file fails, and that the ones behind it were not reached", async () => {
    const result = await rehearse({
      ...change("fails", "SELECT 1;\nALTER TABLE shop.orders ADD CHECK (amount > 50);"),
      "00003_after.up.sql": "SELECT 1;",
    });
    expect(result).toMatchObject({
      ok: false,
      files: [
        { outcome: "failed", error: { details: { line: 2 } }, statements: [{ line: 1 }] },
        { outcome: "not-reached" },
      ],
    });
  });

  it("checks what waits for the commit", async () => {
    const result = await rehearse(change("orphan", "UPDATE shop.orders SET customer_id = 7 WHERE id = 1;"));
    expect(result).toMatchObject({ ok: false, files: [{ outcome: "failed" }] });
  });

  it("gives up a lock that it does not get, and says who holds it", async () => {
    await client.query("BEGIN; LOCK TABLE shop.orders IN ACCESS SHARE MODE");
    const result = await rehearse(change("column", "ALTER TABLE shop.orders ADD COLUMN x text;"), {
      statementLockTimeoutMs: 300,
    });
    await client.query("ROLLBACK");
    expect(result).toMatchObject({
      ok: false,
      files: [{ outcome: "blocked", reason: expect.stringContaining("rehearse test") }],
    });
  });

  it("ends when its time is up", async () => {
    const result = await rehearse(change("sleeps", "SELECT pg_sleep(600);"), { timeLimitMs: 200 });
    expect(result).toMatchObject({ ok: false, files: [{ outcome: "timeout" }] });
  });

  it("refuses a changed file and a database that is not ours, as up does", async () => {
    await expect(rehearse({ "00001_shop.up.sql": "SELECT 2;" })).rejects.toMatchObject({
      code: "MIGRATION_CHANGED",
    });
    await using foreign = await createTestDatabase({ cluster });
    const other = new pg.Client({ connectionString: foreign.url });
    await other.connect();
    await other.query("CREATE TABLE theirs (id bigint)");
    await other.end();
    await using folder = await temporaryFolder(shop);
    await expect(rehearseMigrations({ connection: foreign.url, folder: folder.path })).rejects.toMatchObject({
      code: "MIGRATION_FOREIGN_DATABASE",
    });
  });
});
