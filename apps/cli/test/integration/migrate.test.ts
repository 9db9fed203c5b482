import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { clusters, createTestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { describe, expect, it } from "vitest";
import { smith as smithProcess, startSmith, temporaryFolder } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

describe.each(clusters())("smith migrate on PostgreSQL $major", (cluster) => {
  it("takes an empty database to our schema, and each exit code says where it stands", async () => {
    await using database = await createTestDatabase({ cluster });
    const smith = smithOn(database.url);

    expect((await smith("migrate status")).code).toBe(3);
    const preview = await smith("migrate up --dry-run");
    expect(preview.code).toBe(3);
    const total = preview.json.migrations.length;
    expect((await smith("migrate status")).json).toMatchObject({ initialized: false, pending: total });
    expect((await smith("migrate check")).json.error).toMatchObject({
      code: "MIGRATION_PENDING",
      exitCode: 3,
    });

    const env = { SMITH_DATABASE_URL: database.url };
    const first = await smithProcess(["migrate", "up", "--to", "3"], { env });
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^applied {2}00001_\S+\.up\.sql .*\n.*\n.*\n3 migrations applied .* version 3\n$/,
    );
    expect((await smithProcess(["migrate", "check"], { env })).code).toBe(3);
    const rest = await smith("migrate up");
    expect(rest.json.migrations).toHaveLength(total - 3);
    expect((await smith("migrate up")).json).toMatchObject({ migrations: [] });
    expect((await smith("migrate check")).code).toBe(0);
    expect((await smith("migrate status")).json).toMatchObject({ upToDate: true, applied: total });

    expect((await smith("partitions list")).json.partitions.length).toBeGreaterThan(10);
    expect((await smith("migrate down")).json.migrations).toHaveLength(1);
    expect((await smith("migrate check")).code).toBe(3);
    expect((await smith("migrate up")).json.migrations).toHaveLength(1);
    expect((await smith("migrate redo")).code).toBe(0);
    expect((await smith("migrate down --to 0 --accept-data-loss")).json).toMatchObject({ to: 0 });
  });
});

describe("smith migrate with migrations of one's own", () => {
  const table = "CREATE TABLE IF NOT EXISTS";

  it("creates, lints, applies, refuses what was changed, repairs it on the record and refuses to lose rows", async () => {
    await using database = await createTestDatabase();
    await using folder = await temporaryFolder();
    const smith = smithOn(database.url, { cwd: folder.path });
    const own = "--folder db --table app.migrations";

    const made = await smith("migrate create notes --folder db");
    const { up, down }: { up: string; down: string } = made.json;
    await writeFile(up, "CREATE TABLE app.notes (id BIGINT PRIMARY KEY);\n");
    await writeFile(down, "DROP TABLE app.notes;\n");
    expect((await smith(`migrate up ${own}`)).code).toBe(0);
    expect((await smith("migrate status")).json).toMatchObject({ initialized: false });

    await smith.sql("INSERT INTO app.notes VALUES (1), (2)");
    const refused = await smith(`migrate down ${own}`);
    expect(refused).toMatchObject({ code: 1, json: { error: { code: "MIGRATION_DATA_LOSS" } } });
    expect(refused.json.error.message).toMatch(/app\.notes.*2 rows/);

    await writeFile(up, `-- to be noted\n${await readFile(up, "utf8")}`);
    expect(await smith(`migrate up ${own}`)).toMatchObject({
      code: 4,
      json: { error: { code: "MIGRATION_CHANGED", exitCode: 4 } },
    });
    expect((await smith(`migrate status ${own}`)).code).toBe(4);
    expect(await smith(`migrate repair ${own}`)).toMatchObject({
      code: 2,
      json: { error: { code: "USAGE" } },
    });
    const repaired = await smith(`migrate repair ${own} --reason comment`);
    expect(repaired).toMatchObject({ code: 0, json: { repaired: [{ version: 1 }], remaining: [] } });
    expect((await smith(`migrate down ${own} --accept-data-loss`)).code).toBe(0);
  });

  it("says where a statement failed, and leaves nothing of its file", async () => {
    await using database = await createTestDatabase();
    await using folder = await temporaryFolder();
    const smith = smithOn(database.url, { cwd: folder.path });
    const file = join(folder.path, "00001_broken.up.sql");
    await writeFile(file, `${table} one ();\n${table} two ();\n\nINSERT INTO nowhere DEFAULT VALUES;\n`);
    const failed = await smith("migrate up --folder .");
    expect(failed).toMatchObject({ code: 1, json: { error: { code: "MIGRATION_FAILED" } } });
    expect(failed.json.error.message).toMatch(/00001_broken\.up\.sql.*4/);
    expect(await smith.sql("SELECT to_regclass('one') AS one")).toEqual([{ one: null }]);

    await writeFile(file, `${table} one ();\n${table} two ();\nCREATE TABEL three ();\n`);
    const syntax = await smith("migrate up --folder .");
    expect(syntax).toMatchObject({ code: 1, json: { error: { code: "MIGRATION_SYNTAX" } } });
    expect((await smith("migrate lint --folder .")).code).toBe(1);
  });

  it("rehearses without leaving anything, and verifies that a down file is the inverse of its up file", async () => {
    await using database = await createTestDatabase();
    await using folder = await temporaryFolder();
    const smith = smithOn(database.url, { cwd: folder.path });
    await writeFile(join(folder.path, "00001_notes.up.sql"), "CREATE TABLE notes (id BIGINT PRIMARY KEY);\n");
    await writeFile(join(folder.path, "00001_notes.down.sql"), "DROP TABLE notes;\n");

    const rehearsed = await smith("migrate rehearse --folder .");
    expect(rehearsed).toMatchObject({ code: 0, json: { complete: true, files: [{ outcome: "ok" }] } });
    expect(await smith.sql("SELECT to_regclass('notes') AS notes")).toEqual([{ notes: null }]);

    expect(await smith("migrate verify --folder .")).toMatchObject({ code: 0, json: { ok: true } });
    await writeFile(join(folder.path, "00001_notes.down.sql"), "ALTER TABLE notes RENAME TO old_notes;\n");
    const verified = await smith("migrate verify --folder .");
    expect(verified).toMatchObject({ code: 1, json: { ok: false, files: [{ ok: false }] } });
    expect(JSON.stringify(verified.json.files)).toContain("old_notes");
  });

  it("lets Ctrl-C end a run that waits for a lock, with exit code 130 and nothing half done", async () => {
    await using database = await createTestDatabase();
    await using folder = await temporaryFolder();
    const smith = smithOn(database.url, { cwd: folder.path });
    await writeFile(join(folder.path, "00001_busy.up.sql"), "CREATE TABLE busy ();\n");
    expect((await smith("migrate up --folder .")).code).toBe(0);
    await writeFile(join(folder.path, "00002_quick.up.sql"), "CREATE TABLE quick ();\n");
    await writeFile(join(folder.path, "00003_wait.up.sql"), "CREATE TABLE half ();\nDROP TABLE busy;\n");
    const reader = new Client({ connectionString: database.url, application_name: "smith test" });
    await reader.connect();
    await reader.query("BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE");
    try {
      const run = startSmith(["migrate", "up", "--folder", "."], {
        cwd: folder.path,
        env: { SMITH_DATABASE_URL: database.url, SMITH_MIGRATIONS_STATEMENT_LOCK_TIMEOUT_MS: "0" },
      });
      await run.shows("applied  00002_quick");
      run.signal("SIGINT");
      const { code, stderr } = await run.done;
      expect(stderr).toContain("exit code 130: interrupted");
      expect(code).toBe(130);
    } finally {
      await reader.end();
    }
    expect((await smith("migrate status --folder .")).json).toMatchObject({ current: 2, pending: 1 });
    expect(await smith.sql("SELECT to_regclass('half') AS half")).toEqual([{ half: null }]);
  });

  it("takes over a database by a baseline, once", async () => {
    await using database = await createTestDatabase();
    const smith = smithOn(database.url);
    const baseline = "migrate baseline --to 2 --reason restored";
    expect((await smith(baseline)).json).toMatchObject({ version: 2 });
    expect((await smith("migrate status")).json).toMatchObject({ current: 2, applied: 2 });
    expect((await smith(baseline)).code).toBe(2);
  });

  it.each([
    ["migrate down --to 1 --steps 1", "not both"],
    ["migrate down --steps 0", "--steps 0: expected a whole number from 1"],
    ["migrate up --to latest", "--to latest: expected the number of a migration"],
    ["migrate baseline --reason x", "--to is missing"],
    ["migrate up --to 4711", "4711"],
    ["migrate create ../notes", '"../notes" cannot be the name of a migration'],
  ])("refuses `smith %s` with exit code 2", async (line, message) => {
    await using database = await createTestDatabase();
    const { code, json } = await smithOn(database.url)(line);
    expect(code).toBe(2);
    expect(json.error.message).toContain(message);
  });
});

describe("smith migrate on our own files", () => {
  it("lints without a finding of severity error", async () => {
    const { code, json } = await smithOn("postgres://nowhere/x")("migrate lint");
    expect(json.findings.filter(({ severity }: { severity: string }) => severity === "error")).toEqual([]);
    expect(code).toBe(0);
  });
});
