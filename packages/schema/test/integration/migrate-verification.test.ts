import { cluster } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import {
  checkMigrations,
  migrateDown,
  migrateUp,
  migrationExitCode,
  migrationStatus,
  planMigrations,
  repairMigrations,
} from "../../src/index.ts";
import { type MigrationLab, migrationLab } from "../support/migration-lab.ts";

const files = {
  "00001_one.up.sql": "CREATE TABLE one (id INT);\n",
  "00002_two.up.sql": "CREATE TABLE two (id INT);\n",
  "00003_three.up.sql": "CREATE TABLE three (id INT);\n",
};

async function migratedLab(): Promise<MigrationLab> {
  const lab = await migrationLab(cluster());
  await lab.write(files);
  await migrateUp(lab.options);
  return lab;
}

/** Every command that runs or vouches must stop, with the same words. */
async function expectStopped(lab: MigrationLab, code: string, message: string): Promise<void> {
  for (const command of [migrateUp, migrateDown, checkMigrations, planMigrations]) {
    const failure = await command(lab.options).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(migrationExitCode(failure)).toBe(4);
  }
}

describe("the applied files", () => {
  it("stop every command when one was changed, until that is accepted on the record", async () => {
    await using lab = await migratedLab();
    await lab.write({ "00002_two.up.sql": "CREATE TABLE two (id BIGINT);\n" });
    await expectStopped(lab, "MIGRATION_CHANGED", "00002_two.up.sql");
    expect((await migrationStatus(lab.options)).migrations[1]).toMatchObject({ state: "changed" });
    await expect(repairMigrations({ ...lab.options, reason: "" })).rejects.toMatchObject({
      code: "MIGRATION_USAGE",
    });
    expect(await repairMigrations({ ...lab.options, reason: "type noted late" })).toMatchObject({
      repaired: [{ code: "MIGRATION_CHANGED", version: 2 }],
      remaining: [],
    });
    expect(await checkMigrations(lab.options)).toMatchObject({ version: 3 });
    expect(
      await lab.rows(`
        SELECT reason, details -> 'before' ->> 'checksum' <> checksum AS changed
        FROM schema_migrations_history WHERE action = 'repair'`),
    ).toEqual([{ reason: "type noted late", changed: true }]);
  });

  it("may change their line ends and get a byte-order mark", async () => {
    await using lab = await migratedLab();
    await lab.write({
      "00001_one.up.sql": "\uFEFFCREATE TABLE one (id INT);\r\n",
      "00002_two.up.sql": "CREATE TABLE two (id INT);\r",
    });
    expect(await checkMigrations(lab.options)).toMatchObject({ version: 3 });
  });

  it("run with CRLF and a byte-order mark as without", async () => {
    await using lab = await migrationLab(cluster());
    await lab.write({
      "00001_crlf.up.sql": "\uFEFFCREATE TABLE t (v TEXT);\r\nINSERT INTO t VALUES ('a\r\nb');\r\n",
    });
    await migrateUp(lab.options);
    expect(await lab.rows("SELECT v FROM t")).toEqual([{ v: "a\nb" }]);
  });

  it("stop every command when one was renamed, until that is accepted", async () => {
    await using lab = await migratedLab();
    await lab.remove("00002_two.up.sql");
    await lab.write({ "00002_deux.up.sql": files["00002_two.up.sql"] });
    await expectStopped(lab, "MIGRATION_RENAMED", '00002_deux.up.sql was called "two"');
    await repairMigrations({ ...lab.options, reason: "better name" });
    expect((await migrationStatus(lab.options)).migrations[1]).toMatchObject({
      name: "deux",
      state: "applied",
    });
  });

  it("stop every command when one is gone, and are forgotten only when that is said", async () => {
    await using lab = await migratedLab();
    await lab.remove("00002_two.up.sql");
    await expectStopped(lab, "MIGRATION_MISSING", "00002_two.up.sql");
    expect(await repairMigrations({ ...lab.options, reason: "cleared" })).toMatchObject({
      repaired: [],
      remaining: [{ code: "MIGRATION_MISSING", version: 2 }],
    });
    await repairMigrations({ ...lab.options, reason: "cleared", forgetMissing: true });
    expect(await checkMigrations(lab.options)).toMatchObject({ migrations: 2 });
  });

  it("stop every command when the database is newer than all of them", async () => {
    await using lab = await migratedLab();
    await lab.remove("00003_three.up.sql");
    await expectStopped(lab, "MIGRATION_DATABASE_NEWER", "00003_three.up.sql");
  });

  it("stop every command when a waiting one has a lower number, with the number that is free", async () => {
    await using lab = await migrationLab(cluster());
    const { "00002_two.up.sql": late, ...early } = files;
    await lab.write(early);
    await migrateUp(lab.options);
    await lab.write({ "00002_two.up.sql": late });
    await expectStopped(lab, "MIGRATION_OUT_OF_ORDER", "00002_two.up.sql");
    expect(await repairMigrations({ ...lab.options, reason: "x" })).toMatchObject({
      repaired: [],
      remaining: [{ code: "MIGRATION_OUT_OF_ORDER", hint: expect.stringContaining("00004") }],
    });
  });

  it("are all named when several differ", async () => {
    await using lab = await migratedLab();
    await lab.write({ "00001_one.up.sql": "-- gone" });
    await lab.remove("00002_two.up.sql");
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_CHANGED",
      message: expect.stringContaining("1 more: 00002_two.up.sql missing"),
      details: { problems: [{ version: 1 }, { version: 2 }] },
    });
  });
});

describe("the folder", () => {
  it("is refused when two branches gave the same number", async () => {
    await using lab = await migratedLab();
    await lab.write({ "00003_other.up.sql": "SELECT 1;" });
    const failure = await migrateUp(lab.options).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "MIGRATION_DUPLICATE_VERSION",
      details: { version: 3, files: ["00003_other.up.sql", "00003_three.up.sql"] },
    });
    expect(migrationExitCode(failure)).toBe(4);
  });

  it.each([
    ["a name that is no migration's", { "00004_four.sql": "" }, "MIGRATION_BAD_NAME"],
    ["a down file without its up file", { "00004_four.down.sql": "" }, "MIGRATION_BAD_NAME"],
    ["a down file of another name", { "00003_drei.down.sql": "" }, "MIGRATION_DUPLICATE_VERSION"],
    [
      "a NUL byte, where the parser would stop reading",
      { "00004_four.up.sql": "SELECT 1;\0DROP" },
      "MIGRATION_SYNTAX",
    ],
  ])("is refused for %s", async (_what, wrong, code) => {
    await using lab = await migratedLab();
    await lab.write(wrong);
    await expect(migrateUp(lab.options)).rejects.toMatchObject({ code });
  });

  it("may hold other things beside its migrations", async () => {
    await using lab = await migratedLab();
    await lab.write({ "README.md": "hello", ".00009_draft.up.sql.swp": "x" });
    expect(await checkMigrations(lab.options)).toMatchObject({ version: 3 });
  });

  it("is named when it is not there", async () => {
    await using lab = await migratedLab();
    await expect(migrateUp({ ...lab.options, folder: "/nowhere/at/all" })).rejects.toMatchObject({
      code: "MIGRATION_FOLDER",
      message: expect.stringContaining("/nowhere/at/all"),
    });
  });
});
