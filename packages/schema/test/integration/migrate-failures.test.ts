import { startPostgres } from "@mister-smith/embedded";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { migrateUp, migrationExitCode, migrationStatus, rehearseMigrations } from "../../src/index.ts";
import { withRunner } from "../../src/migrator/commands/with-runner.ts";
import type { RunContext } from "../../src/migrator/execute/run-context.ts";
import { resolveOptions } from "../../src/migrator/options/resolve-options.ts";
import { migrateInChild } from "../support/migrate-in-child.ts";
import { migrationLab } from "../support/migration-lab.ts";

const fourGood = "CREATE TABLE a ();\nCREATE TABLE b ();\n-- ü\nCREATE TABLE c ();\nCREATE TABLE d ();\n";
const sleeping =
  "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND application_name = 'smith migrate'";

describe.each(clusters())("a migration that fails on PostgreSQL $major", (cluster) => {
  it("with a syntax error in its fifth statement runs nothing, not even the files before it", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({
      "00001_good.up.sql": "CREATE TABLE good ();",
      "00002_bad.up.sql": `${fourGood}ALTER TABLE a ADD COLUM x INT y;\n`,
    });
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_SYNTAX",
      details: { file: "00002_bad.up.sql", line: 6 },
    });
    expect(
      await lab.rows("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"),
    ).toEqual([]);
  });

  it("in its fifth statement leaves nothing of its file, and what went before stays", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({
      "00001_good.up.sql": "CREATE TABLE good ();",
      "00002_bad.up.sql": `${fourGood}INSERT INTO good\n  SELECT nothing\n  FROM missing\n${"  -- more\n".repeat(20)};\n`,
    });
    const failure = await migrateUp(lab.options).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "MIGRATION_FAILED",
      message: '00002_bad.up.sql, line 8: relation "missing" does not exist',
      hint: expect.stringContaining("Nothing of 00002_bad.up.sql was applied"),
      details: { statement: 4, line: 8, sqlState: "42P01", direction: "up", version: 2 },
    });
    expect(migrationExitCode(failure)).toBe(1);
    expect(await lab.rows("SELECT to_regclass('a') AS a, to_regclass('good')::text AS good")).toEqual([
      { a: null, good: "good" },
    ]);
    expect(
      await lab.rows(
        "SELECT action, outcome, details ->> 'code' AS code FROM schema_migrations_history ORDER BY entry",
      ),
    ).toEqual([
      { action: "up", outcome: "done", code: null },
      { action: "up", outcome: "failed", code: "MIGRATION_FAILED" },
    ]);
    await lab.write({ "00002_bad.up.sql": fourGood });
    expect(await migrateUp(lab.options)).toMatchObject({ from: 1, to: 2 });
  });

  it("at its commit says so", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({
      "00001_late.up.sql":
        "CREATE TABLE p (id INT PRIMARY KEY);\nCREATE TABLE c (id INT REFERENCES p DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO c VALUES (1);",
    });
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/^00001_late.up.sql, at its end: .*violates foreign key/),
    });
    expect(await lab.rows("SELECT to_regclass('c') AS c")).toEqual([{ c: null }]);
  });

  it("because its connection breaks says what is left, and a second run finishes", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_slow.up.sql": "CREATE TABLE a ();\nSELECT pg_sleep(600);" });
    const running = migrateUp(lab.options).catch((error: unknown) => error);
    const { pid } = await lab.until(sleeping);
    await lab.rows("SELECT pg_terminate_backend($1)", [pid]);
    expect(await running).toMatchObject({
      code: "MIGRATION_CONNECTION_LOST",
      retryable: true,
      message: expect.stringContaining("00001_slow.up.sql, line 2"),
      hint: expect.stringContaining("Nothing of 00001_slow.up.sql was applied"),
    });
    await lab.write({ "00001_slow.up.sql": "CREATE TABLE a ();" });
    expect(await migrateUp(lab.options)).toMatchObject({ to: 1 });
  });

  it("because its caller ends it is cancelled and rolled back", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_slow.up.sql": "CREATE TABLE a ();\nSELECT pg_sleep(600);" });
    const caller = new AbortController();
    const running = migrateUp({ ...lab.options, signal: caller.signal }).catch((error: unknown) => error);
    await lab.until(sleeping);
    caller.abort();
    expect(await running).toMatchObject({ code: "MIGRATION_CANCELLED" });
    expect(await lab.rows("SELECT to_regclass('a') AS a")).toEqual([{ a: null }]);
  });

  it("because its runner is killed leaves nothing, and the next runner need not wait for its statement", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_slow.up.sql": "CREATE TABLE a ();\nSELECT pg_sleep(600);" });
    await using child = migrateInChild(lab.options);
    await lab.until(sleeping);
    await child.kill();
    await lab.write({ "00001_slow.up.sql": "CREATE TABLE a ();" });
    expect(await migrateUp(lab.options)).toMatchObject({ to: 1 });
  });
});

describe.each(clusters())("a command on PostgreSQL $major", (cluster) => {
  it("says that the server takes no writes", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_a.up.sql": "CREATE TABLE a ();" });
    await lab.rows(
      `ALTER DATABASE "${new URL(lab.url).pathname.slice(1)}" SET default_transaction_read_only = on`,
    );
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      hint: expect.stringContaining("Connect to the primary"),
    });
  });

  it("says what it was doing when the server refused that", async () => {
    await using lab = await migrationLab(cluster);
    const options = resolveOptions(lab.options);
    const fail = ({ session }: RunContext) => session.client.query("SELECT 1 / 0");
    await expect(withRunner(options, fail, "rehearse the migrations")).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: "cannot rehearse the migrations: division by zero",
    });
    await expect(withRunner(options, fail)).rejects.toMatchObject({
      message: expect.stringContaining("cannot read or write the record of the migrations"),
    });
  });

  it("calls a failure of its own rehearsal a rehearsal's", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_a.up.sql": "CREATE TABLE a ();" });
    const other = await lab.connect();
    await other.query("BEGIN; CREATE TABLE schema_migrations ()");
    const options = { ...lab.options, statementLockTimeoutMs: 50 };
    await expect(rehearseMigrations(options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringMatching(/^cannot rehearse the migrations: /),
    });
  });

  it("does nothing when it was cancelled before it began", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_a.up.sql": "CREATE TABLE a ();" });
    const cancelled = { ...lab.options, signal: AbortSignal.abort() };
    for (const command of [migrateUp, migrationStatus]) {
      await expect(command(cancelled)).rejects.toMatchObject({ code: "MIGRATION_CANCELLED" });
    }
  });
});

describe("a server that goes away", () => {
  it("half-way leaves whole files only, and is gone on with when it is back", async () => {
    await using server = await startPostgres({ durability: "fast" });
    await using lab = await migrationLab({ major: server.version.major, url: server.url });
    await lab.write({
      "00001_good.up.sql": "CREATE TABLE good ();",
      "00002_slow.up.sql": "CREATE TABLE a ();\nSELECT pg_sleep(600);",
    });
    const running = migrateUp(lab.options).catch((error: unknown) => error);
    await lab.until(sleeping);
    await server.kill();
    expect(await running).toMatchObject({
      code: "MIGRATION_CONNECTION_LOST",
      message: expect.stringContaining("00002_slow.up.sql, line 2"),
      hint: expect.stringContaining("smith migrate status"),
    });
    await expect(migrationStatus(lab.options)).rejects.toMatchObject({ code: "MIGRATION_CONNECT" });
    await server.start();
    // Only the last commit of a run waits for the disk: a crash takes a file and its record, or neither.
    const again = await lab.connect();
    const found = await again.query("SELECT to_regclass('good') IS NOT NULL AS good, to_regclass('a') AS a");
    const { applied } = await migrationStatus(lab.options);
    expect(found.rows).toEqual([{ good: applied === 1, a: null }]);
    await lab.write({ "00002_slow.up.sql": "CREATE TABLE a ();" });
    expect(await migrateUp(lab.options)).toMatchObject({ to: 2 });
  });
});
