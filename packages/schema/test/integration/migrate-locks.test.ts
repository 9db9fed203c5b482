import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { type MigrationEvent, migrateUp } from "../../src/index.ts";
import { migrationLab } from "../support/migration-lab.ts";

const quick = { statementLockTimeoutMs: 50, lockRetryDelayMs: 10 };
const alter = {
  "00001_account.up.sql": "CREATE TABLE account (id INT);\nCREATE TABLE other (id INT);\n",
  "00002_alter.up.sql": "CREATE TABLE before ();\nALTER TABLE account ADD COLUMN name TEXT;\n",
};

describe.each(clusters())("a migration that must wait for a lock on PostgreSQL $major", (cluster) => {
  it("lets the application pass, and is done once the lock is free", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(alter);
    await migrateUp({ ...lab.options, to: 1 });
    const reader = await lab.connect();
    await reader.query("BEGIN; SELECT count(*) FROM account");
    const retried = Promise.withResolvers<MigrationEvent>();
    const onEvent = (event: MigrationEvent) => {
      if (event.type === "lock-retry" && event.scope === "file") retried.resolve(event);
    };
    const running = migrateUp({ ...lab.options, ...quick, onEvent });
    expect(await retried.promise).toMatchObject({ file: "00002_alter.up.sql", line: 2 });
    // Behind a migration that waits in the queue this would hang until the reader is through.
    expect(await lab.rows("SELECT count(*)::int AS n FROM account")).toEqual([{ n: 0 }]);
    await reader.query("COMMIT");
    expect(await running).toMatchObject({ to: 2 });
  });

  it("holds nothing while it pauses, and in the end names who was in the way", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({
      ...alter,
      "00002_alter.up.sql":
        "ALTER TABLE other ADD COLUMN x INT;\nALTER TABLE account ADD COLUMN name TEXT;\n",
    });
    await migrateUp({ ...lab.options, to: 1 });
    const reader = await lab.connect();
    const [me] = (
      await reader
        .query<{ pid: number }>("BEGIN; SELECT 1; SELECT pg_backend_pid() AS pid")
        .then(async () =>
          reader.query<{ pid: number }>(
            "SELECT pg_backend_pid() AS pid FROM account RIGHT JOIN (SELECT) AS one ON TRUE",
          ),
        )
    ).rows;
    const events: MigrationEvent[] = [];
    const onEvent = (event: MigrationEvent) => events.push(event);
    const running = migrateUp({ ...lab.options, ...quick, lockRetries: 2, onEvent });
    await expect(running).rejects.toMatchObject({
      code: "MIGRATION_BLOCKED",
      retryable: true,
      message: expect.stringMatching(
        new RegExp(
          `^00002_alter.up.sql, line 2: .*process ${me?.pid} \\("migration test" of postgres at .*, idle in transaction since`,
        ),
      ),
      details: { blockers: [{ pid: me?.pid, query: expect.stringContaining("FROM account") }] },
    });
    const retries = events.flatMap((event) => (event.type === "lock-retry" ? [event.scope] : []));
    expect(retries).toEqual([
      "statement",
      "statement",
      "file",
      "statement",
      "statement",
      "file",
      "statement",
      "statement",
    ]);
    expect(
      await lab.rows("SELECT 1 FROM pg_attribute WHERE attrelid = 'other'::regclass AND attname = 'x'"),
    ).toEqual([]);
    await reader.query("COMMIT");
  });

  it("keeps what its file did before when only one statement is tried again", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(alter);
    await migrateUp({ ...lab.options, to: 1 });
    const reader = await lab.connect();
    await reader.query("BEGIN; SELECT count(*) FROM account");
    const released: Promise<unknown>[] = [];
    const onEvent = (event: MigrationEvent) => {
      if (event.type === "lock-retry" && released.length === 0) released.push(reader.query("COMMIT"));
    };
    const result = await migrateUp({ ...lab.options, ...quick, lockRetries: 0, onEvent });
    expect(result).toMatchObject({ to: 2 });
    expect(await lab.rows("SELECT to_regclass('before') IS NOT NULL AS kept")).toEqual([{ kept: true }]);
  });

  it("loses a deadlock without harm and is begun again", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({
      ...alter,
      "00002_alter.up.sql": "ALTER TABLE account ADD COLUMN x INT;\nALTER TABLE other ADD COLUMN x INT;\n",
    });
    await migrateUp({ ...lab.options, to: 1 });
    const app = await lab.connect();
    await app.query("BEGIN; SELECT count(*) FROM other");
    // Without a lock_timeout only the deadlock detector ends the embrace, and the migration is the one that it ends.
    const events: MigrationEvent[] = [];
    const onEvent = (event: MigrationEvent) => events.push(event);
    const running = migrateUp({ ...lab.options, statementLockTimeoutMs: 0, lockRetryDelayMs: 10, onEvent });
    await lab.until(
      "SELECT 1 FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE NOT l.granted AND a.datname = current_database()",
    );
    await app.query("SET deadlock_timeout = '1h'; SELECT count(*) FROM account");
    await app.query("COMMIT");
    expect(await running).toMatchObject({ to: 2 });
    expect(events).toContainEqual(expect.objectContaining({ type: "lock-retry", scope: "file" }));
  });
});
