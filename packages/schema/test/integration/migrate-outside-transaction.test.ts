import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { type MigrationEvent, migrateDown, migrateUp, migrationStatus } from "../../src/index.ts";
import { migrateInChild } from "../support/migrate-in-child.ts";
import { type MigrationLab, migrationLab } from "../support/migration-lab.ts";

const table = { "00001_account.up.sql": "CREATE TABLE account (id INT, name TEXT);" };
const index = (what = "CREATE INDEX CONCURRENTLY by_name ON account (name);") => ({
  "00002_index.up.sql": what,
  "00002_index.down.sql": "DROP INDEX CONCURRENTLY by_name;",
});

const valid =
  "SELECT indisvalid AS valid, pg_get_indexdef(indexrelid) AS def FROM pg_index WHERE indexrelid = to_regclass('by_name')";
const noRunner = `
  SELECT 1 WHERE NOT EXISTS (
    SELECT FROM pg_stat_activity WHERE application_name = 'smith migrate' AND datname = current_database()
  )`;
const building = (what: string) => `
  SELECT pid FROM pg_stat_activity
  WHERE query LIKE '${what}%' AND wait_event_type = 'Lock' AND datname = current_database()`;

/** Migrates to version 1 and opens a transaction for whose snapshot a concurrent build waits. */
async function labWithReader(lab: MigrationLab) {
  await lab.write(table);
  await migrateUp(lab.options);
  const reader = await lab.connect();
  await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM account");
  return reader;
}

const found = (events: readonly MigrationEvent[]) =>
  events.flatMap((event) => (event.type === "resumed" ? [event.found] : []));

describe.each(clusters())("an index that is built concurrently on PostgreSQL $major", (cluster) => {
  it("is built anew when the runner was killed in the middle, never taken for done", async () => {
    await using lab = await migrationLab(cluster);
    const reader = await labWithReader(lab);
    await lab.write(index("CREATE INDEX CONCURRENTLY IF NOT EXISTS by_name ON account (name);"));
    await using child = migrateInChild(lab.options);
    await lab.until(building("CREATE INDEX CONCURRENTLY"));
    await child.kill();
    await lab.until(noRunner);
    await reader.query("COMMIT");
    expect(await lab.rows(valid)).toMatchObject([{ valid: false }]);
    expect((await migrationStatus(lab.options)).migrations[1]).toMatchObject({
      state: "pending",
      interruptedAtLine: 1,
    });
    const events: MigrationEvent[] = [];
    await migrateUp({ ...lab.options, onEvent: (event) => events.push(event) });
    expect(found(events)).toEqual(["removed-invalid-index"]);
    expect(await lab.rows(valid)).toMatchObject([{ valid: true }]);
    expect((await migrationStatus(lab.options)).migrations[1]).toMatchObject({ interruptedAtLine: null });
  });

  it("counts as done when the runner was killed after it was built and before it was recorded", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({
      ...table,
      ...index("CREATE INDEX CONCURRENTLY by_name ON account (lower(name::varchar));"),
    });
    await migrateUp(lab.options);
    // The state at that moment: started, built, and neither the statement nor the file recorded.
    await lab.rows("DELETE FROM schema_migrations WHERE version = 2");
    await lab.rows(
      "DELETE FROM schema_migrations_history WHERE version = 2 AND outcome <> 'statement-started'",
    );
    const [before] = await lab.rows("SELECT 'by_name'::regclass::oid AS oid");
    const events: MigrationEvent[] = [];
    expect(await migrateUp({ ...lab.options, onEvent: (event) => events.push(event) })).toMatchObject({
      to: 2,
    });
    expect(found(events)).toEqual(["done"]);
    expect(await lab.rows("SELECT 'by_name'::regclass::oid AS oid")).toEqual([before]);
  });

  it("counts as done when the same index was made by hand, and stops at another of its name", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(table);
    await migrateUp(lab.options);
    await lab.rows("CREATE INDEX by_name ON account (id)");
    await lab.write(index());
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringContaining("ON public.account USING btree (id)"),
    });
    await lab.rows("DROP INDEX by_name");
    await lab.rows("CREATE INDEX by_name ON account (name)");
    expect(await migrateUp(lab.options)).toMatchObject({ to: 2 });
  });

  it("that cannot be built leaves an invalid one, which the next run replaces", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(table);
    await migrateUp(lab.options);
    await lab.rows("INSERT INTO account VALUES (1, 'a'), (2, 'a')");
    await lab.write(index("CREATE UNIQUE INDEX CONCURRENTLY by_name ON account (name);"));
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      message: expect.stringContaining("could not create unique index"),
      hint: expect.stringContaining("0 of its 1 statements are done"),
    });
    await lab.rows("DELETE FROM account WHERE id = 2");
    await migrateUp(lab.options);
    expect(await lab.rows(valid)).toMatchObject([{ valid: true }]);
    await migrateDown(lab.options);
    expect(await lab.rows(valid)).toEqual([]);
  });

  it("may be dropped again by a run that was killed before it could record that", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ ...table, ...index() });
    await migrateUp(lab.options);
    await migrateDown(lab.options);
    await lab.rows(
      "INSERT INTO schema_migrations (version, description, checksum) SELECT version, description, checksum FROM schema_migrations_history WHERE version = 2 AND action = 'up' AND outcome = 'done'",
    );
    await lab.rows(
      "DELETE FROM schema_migrations_history WHERE action = 'down' AND outcome <> 'statement-started'",
    );
    expect(await migrateDown(lab.options)).toMatchObject({ from: 2, to: 1 });
  });
});

describe.each(clusters())(
  "a file of several statements without a transaction on PostgreSQL $major",
  (cluster) => {
    it("that was killed half-way goes on where it stopped", async () => {
      await using lab = await migrationLab(cluster);
      const reader = await labWithReader(lab);
      await lab.write({
        "00002_many.up.sql": [
          "SET maintenance_work_mem = '32MB';",
          "VACUUM account;",
          "CREATE INDEX CONCURRENTLY by_name ON account (name);",
          "VACUUM ANALYZE account;",
        ].join("\n"),
      });
      await using child = migrateInChild(lab.options);
      await lab.until(building("CREATE INDEX CONCURRENTLY"));
      await child.kill();
      await lab.until(noRunner);
      await reader.query("COMMIT");
      const events: MigrationEvent[] = [];
      await migrateUp({ ...lab.options, onEvent: (event) => events.push(event) });
      expect(found(events)).toEqual(["done", "removed-invalid-index"]);
      expect(events.flatMap((event) => (event.type === "statement-finished" ? [event.line] : []))).toEqual([
        3, 4,
      ]);
      expect(await lab.rows(valid)).toMatchObject([{ valid: true }]);
    });

    it("is refused when it mixes them with others, with the lines to move", async () => {
      await using lab = await migrationLab(cluster);
      await lab.write({
        "00001_mixed.up.sql": "CREATE TABLE t (id INT);\nCREATE INDEX CONCURRENTLY i ON t (id);",
      });
      await expect(migrateUp(lab.options)).rejects.toMatchObject({
        code: "MIGRATION_MIXED",
        hint: expect.stringContaining("Move line 2"),
      });
    });

    it("finishes a partition's detaching that was interrupted", async () => {
      await using lab = await migrationLab(cluster);
      await lab.write({
        "00001_parts.up.sql":
          "CREATE TABLE p (id INT) PARTITION BY RANGE (id);\nCREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);",
      });
      await migrateUp(lab.options);
      const reader = await lab.connect();
      await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM p");
      await lab.write({ "00002_detach.up.sql": "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;" });
      const impatient = { ...lab.options, statementLockTimeoutMs: 50, lockRetries: 0 };
      await expect(migrateUp(impatient)).rejects.toMatchObject({ code: "MIGRATION_BLOCKED" });
      await reader.query("COMMIT");
      expect(
        await lab.rows("SELECT inhdetachpending AS pending FROM pg_inherits WHERE inhrelid = 'p1'::regclass"),
      ).toEqual([{ pending: true }]);
      expect(await migrateUp(lab.options)).toMatchObject({ to: 2 });
      expect(await lab.rows("SELECT 1 FROM pg_inherits WHERE inhrelid = 'p1'::regclass")).toEqual([]);
    });
  },
);
