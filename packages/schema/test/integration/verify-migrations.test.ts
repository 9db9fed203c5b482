import { clusters, createTestDatabase, cluster as defaultCluster } from "@mister-smith/testkit";
import pg from "pg";
import { describe, expect, it } from "vitest";
import { migrationsFolder, readCatalog, scratchPrefix, verifyMigrations } from "../../src/index.ts";
import { hardToFill } from "../support/hard-to-fill.ts";
import { expectedFaults, plantedFaults } from "../support/planted-faults.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe.each(clusters())("verifying migrations on PostgreSQL $major", (cluster) => {
  it("finds our own migrations to be exact inverses, with rows in every table", async () => {
    const result = await verifyMigrations({ connection: cluster.url, folder: migrationsFolder() });
    expect(
      result.files.flatMap(({ file, faults }) => faults.map(({ message }) => `${file}: ${message}`)),
    ).toEqual([]);
    expect(result.wholeWay).toMatchObject({ outcome: "ok", differences: [] });
    expect(result.tables.filter(({ reason }) => reason !== null)).toEqual([]);
    expect(result.tables.length).toBeGreaterThan(10);
    expect(result.ok).toBe(true);
  }, 240_000);

  it("finds each planted fault, in its file and at its step, and no other", async () => {
    await using folder = await temporaryFolder(plantedFaults);
    const told: string[] = [];
    const result = await verifyMigrations({
      connection: cluster.url,
      folder: folder.path,
      onEvent: ({ file, ok, position, total }) => told.push(`${position}/${total} ${file} ${ok}`),
    });
    expect(result).toMatchObject({ ok: false, notReached: [], wholeWay: { outcome: "skipped" } });
    expect(result.files.flatMap(({ file, faults }) => faults.map(({ step }) => [file, step]))).toEqual(
      expectedFaults.map(([file, step]) => [file, step]),
    );
    for (const [file, , words] of expectedFaults) {
      const faults = result.files.find((candidate) => candidate.file === file)?.faults;
      expect(faults?.[0]?.message).toContain(words);
    }
    expect(result.files.filter(({ ok }) => ok).map(({ file }) => file)).toEqual([
      "00001_base.up.sql",
      "00017_fine.up.sql",
    ]);
    expect(told.at(-1)).toBe("17/17 00017_fine.up.sql true");
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  it("fills partitions, domains, checks by function and composite foreign keys, and names what it cannot fill", async () => {
    await using folder = await temporaryFolder(hardToFill);
    const result = await verifyMigrations({ connection: cluster.url, folder: folder.path });
    expect(result.ok).toBe(true);
    expect(result.tables).toMatchObject([
      { table: "h.cases", reason: null },
      { table: "h.closed", rows: 0, reason: expect.stringContaining("violates check constraint") },
      { table: "h.events", reason: null },
      { table: "h.owners", reason: null },
    ]);
  });

  it("names the statements that reach beyond the scratch database, and what a down forgets to take back", async () => {
    const [team, member] = ["team", "member"].map((word) => `smith_verify_${word}_${process.pid}`);
    await using named = await createTestDatabase({ cluster });
    const name = new URL(named.url).pathname.slice(1);
    await query(cluster.url, `CREATE ROLE ${team}; CREATE ROLE ${member}`);
    try {
      await using folder = await temporaryFolder({
        "00001_member.up.sql": `-- first\nGRANT ${team} TO ${member};`,
        "00001_member.down.sql": "SELECT 1;",
        "00002_setting.up.sql": `ALTER ROLE ${member} SET work_mem = '8MB';`,
        "00002_setting.down.sql": "SELECT 1;",
        "00003_database.up.sql": `ALTER DATABASE "${name}" SET work_mem = '8MB'; COMMENT ON DATABASE "${name}" IS 'x';`,
        "00003_database.down.sql": "SELECT 1;",
        "00004_taken_back.up.sql": `ALTER ROLE ${team} CONNECTION LIMIT 3;`,
        "00004_taken_back.down.sql": `ALTER ROLE ${team} CONNECTION LIMIT -1;`,
        "00005_own_comment.up.sql":
          "DO $$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'x'); END $$;",
        "00005_own_comment.down.sql": "SELECT 1;",
      });
      const result = await verifyMigrations({ connection: cluster.url, folder: folder.path });
      expect(
        result.files.flatMap(({ file, faults }) => faults.map(({ message }) => [file, message])),
      ).toEqual([
        ["00001_member.up.sql", expect.stringContaining(`role membership of ${member} in ${team}: was not`)],
        ["00002_setting.up.sql", expect.stringContaining(`role ${member}: settings was nothing, is`)],
        ["00003_database.up.sql", expect.stringMatching(/: comment was nothing, is "x"; .*: settings was/)],
        [
          "00005_own_comment.up.sql",
          expect.stringContaining('the database itself: comment was nothing, is "x"'),
        ],
      ]);
      expect(result.notes).toEqual(
        expect.arrayContaining([
          `00001_member.up.sql, line 2: GRANT of a role changes the whole cluster: verify ran it and cannot undo or prove it`,
          expect.stringMatching(/^00003_database.up.sql, line 1: ALTER DATABASE changes the whole cluster/),
          expect.stringMatching(/^00003_database.up.sql, line 1: COMMENT ON DATABASE changes/),
          expect.stringMatching(/^00004_taken_back.down.sql, line 1: ALTER ROLE changes/),
        ]),
      );
    } finally {
      await query(cluster.url, `DROP ROLE ${member}; DROP ROLE ${team}`);
    }
  });
});

// What follows is the verifier's own doing, whatever the server: one shows it.
describe("verifying migrations", () => {
  const cluster = defaultCluster();

  it("says which files it could not reach behind an up that fails", async () => {
    await using folder = await temporaryFolder({
      "00001_a.up.sql": "CREATE TABLE a (id bigint);\nSELECT nonsense;",
      "00001_a.down.sql": "DROP TABLE a;",
      "00002_b.up.sql": "CREATE TABLE b (id bigint);",
      "00002_b.down.sql": "DROP TABLE b;",
    });
    const result = await verifyMigrations({ connection: cluster.url, folder: folder.path });
    expect(result).toMatchObject({
      ok: false,
      files: [{ faults: [{ step: "up", error: { code: "MIGRATION_FAILED", details: { line: 2 } } }] }],
      notReached: ["00002_b.up.sql"],
    });
  });

  it("tells an up that fails behind others, and which files it could not reach", async () => {
    await using folder = await temporaryFolder({
      "00001_a.up.sql": "CREATE TABLE a (id bigint);",
      "00001_a.down.sql": "DROP TABLE a;",
      "00002_b.up.sql": "SELECT nonsense;",
      "00002_b.down.sql": "SELECT 1;",
      "00003_c.up.sql": "CREATE TABLE c (id bigint);",
      "00003_c.down.sql": "DROP TABLE c;",
    });
    expect(await verifyMigrations({ connection: cluster.url, folder: folder.path })).toMatchObject({
      ok: false,
      files: [{ ok: true }, { faults: [{ step: "up-with-rows", error: { code: "MIGRATION_FAILED" } }] }],
      notReached: ["00003_c.up.sql"],
    });
  });

  it("finds a down that changes the rows of a table that the file right before it made", async () => {
    await using folder = await temporaryFolder({
      "00001_m.up.sql": "CREATE TABLE m (id bigserial PRIMARY KEY, a text);",
      "00001_m.down.sql": "DROP TABLE m;",
      "00002_m2.up.sql": "CREATE TABLE m2 (id bigint);",
      "00002_m2.down.sql": "DROP TABLE m2; UPDATE m SET a = 'gone';",
    });
    const { files } = await verifyMigrations({ connection: cluster.url, folder: folder.path });
    expect(files).toMatchObject([
      { faults: [] },
      { faults: [{ step: "down", differences: [{ name: "public.m", property: "unchanged rows" }] }] },
    ]);
  });

  it("lets a down turn values back, whatever a trigger stamps, and notes what it cannot bring back", async () => {
    await using folder = await temporaryFolder({
      "00001_base.up.sql": `
        CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN NEW.changed_at := clock_timestamp(); RETURN NEW; END';
        CREATE TABLE a (id bigserial PRIMARY KEY, size integer NOT NULL, note text, changed_at timestamptz);
        CREATE TRIGGER stamp BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION stamp();`,
      "00001_base.down.sql": "DROP TABLE a; DROP FUNCTION stamp();",
      "00002_sign.up.sql": "UPDATE a SET size = -size;",
      "00002_sign.down.sql": "UPDATE a SET size = -size;",
      "00003_backfill.up.sql": "UPDATE a SET note = 'none';",
      "00003_backfill.down.sql": "SELECT 1;",
      "00004_seed.up.sql": "INSERT INTO a (size) VALUES (1);",
      "00004_seed.down.sql": "SELECT 1;",
      "00005_seed_and_back.up.sql": "INSERT INTO a (size, note) VALUES (1, 'mine');",
      "00005_seed_and_back.down.sql": "DELETE FROM a WHERE note = 'mine';",
    });
    const result = await verifyMigrations({ connection: cluster.url, folder: folder.path });
    expect(result.files.flatMap(({ faults }) => faults)).toEqual([]);
    expect(result.notes).toEqual([
      expect.stringMatching(
        /^00003_backfill.up.sql: up overwrites or deletes \d+ rows of public\.a, and down/,
      ),
      "00004_seed.up.sql: down leaves 1 rows in public.a that were not there before",
    ]);
  });

  it("names the roles that the files created, which stay in the cluster", async () => {
    const role = `smith_verify_role_${process.pid}`;
    await using folder = await temporaryFolder({
      "00001_role.up.sql": `DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;`,
      "00001_role.down.sql": "SELECT 1;",
    });
    const result = await verifyMigrations({ connection: cluster.url, folder: folder.path });
    await query(cluster.url, `DROP ROLE ${role}`);
    expect(result).toMatchObject({ ok: true, notes: [expect.stringContaining(role)] });
  });

  it("leaves the database of the URL untouched and no scratch database behind", async () => {
    await using folder = await temporaryFolder(hardToFill);
    await using database = await createTestDatabase({ cluster });
    const catalogue = () => withClient(database.url, (client) => readCatalog(client));
    const before = await catalogue();
    const elsewhere = clusters().at(-1)?.url ?? cluster.url;
    const result = await verifyMigrations({
      connection: database.url,
      scratchConnection: elsewhere,
      folder: folder.path,
    });
    expect(result.ok).toBe(true);
    expect(await catalogue()).toEqual(before);
    expect(await scratchOf(cluster.url)).toEqual([]);
    expect(await scratchOf(elsewhere)).toEqual([]);
  });

  it("says what is missing when the role may not create databases", async () => {
    const role = `smith_verify_poor_${process.pid}`;
    await query(cluster.url, `CREATE ROLE ${role} LOGIN PASSWORD 'poor'`);
    try {
      await using folder = await temporaryFolder(hardToFill);
      const url = new URL(cluster.url);
      url.username = role;
      url.password = "poor";
      await expect(verifyMigrations({ connection: url.href, folder: folder.path })).rejects.toMatchObject({
        code: "MIGRATION_PERMISSION",
        hint: expect.stringContaining("CREATEDB"),
      });
    } finally {
      await query(cluster.url, `DROP ROLE ${role}`);
    }
  });
});

async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: "verify test" });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const query = (url: string, text: string) => withClient(url, (client) => client.query(text));

/** Scratch databases with nobody connected: those of a run that works beside this test are in use. */
async function scratchOf(url: string): Promise<readonly unknown[]> {
  const { rows } = await query(
    url,
    `SELECT datname FROM pg_database AS d WHERE starts_with(datname, '${scratchPrefix}')
       AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.application_name = 'smith verify ' || d.datname)`,
  );
  return rows;
}
