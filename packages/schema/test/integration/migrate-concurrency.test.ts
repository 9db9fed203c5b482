import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { type MigrationEvent, migrateUp } from "../../src/index.ts";
import { migrateInChild } from "../support/migrate-in-child.ts";
import { migrationLab } from "../support/migration-lab.ts";

const files = {
  "00001_account.up.sql": "CREATE TABLE account (id INT, name TEXT);\nINSERT INTO account VALUES (1, 'a');\n",
  "00002_by_name.up.sql": "CREATE INDEX CONCURRENTLY account_by_name ON account (name);\n",
  "00003_rows.up.sql": "INSERT INTO account SELECT g, 'x' FROM generate_series(2, 100) AS g;\n",
};

const runners = 20;

describe.each(clusters())("runners at once on PostgreSQL $major", (cluster) => {
  it("twenty on an empty database all succeed, and each file is applied once", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(files);
    const results = await Promise.all(Array.from({ length: runners }, () => migrateUp(lab.options)));
    expect(results.flatMap(({ migrations }) => migrations.map(({ version }) => version))).toEqual([1, 2, 3]);
    expect(await lab.rows("SELECT count(*)::int AS rows FROM account")).toEqual([{ rows: 100 }]);
    expect(
      await lab.rows(
        "SELECT version::int, count(*)::int AS times FROM schema_migrations_history WHERE outcome = 'done' GROUP BY 1 ORDER BY 1",
      ),
    ).toEqual([1, 2, 3].map((version) => ({ version, times: 1 })));
    expect(
      await lab.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'account_by_name'::regclass"),
    ).toEqual([{ indisvalid: true }]);
  });

  it("wait for each other while an index is built concurrently, without a deadlock", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_account.up.sql": files["00001_account.up.sql"] });
    await migrateUp(lab.options);
    // An old snapshot keeps the build waiting; runners that held one too would keep it waiting for ever.
    const reader = await lab.connect();
    await reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM account");
    await lab.write(files);
    const all = Array.from({ length: 5 }, () => migrateUp(lab.options));
    await lab.until(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock' AND datname = current_database()",
    );
    await lab.until(
      "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' AND datname = current_database() AND pid <> pg_backend_pid() HAVING count(*) >= 1",
    );
    await reader.query("COMMIT");
    const results = await Promise.all(all);
    expect(results.flatMap(({ migrations }) => migrations.map(({ version }) => version))).toEqual([2, 3]);
    expect(
      await lab.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 'account_by_name'::regclass"),
    ).toEqual([{ indisvalid: true }]);
  });

  it("give up after the time they were told, with the name of whoever holds the lock", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_slow.up.sql": "SELECT pg_sleep(600);" });
    const holder = new AbortController();
    const holding = migrateUp({ ...lab.options, signal: holder.signal }).catch((error: unknown) => error);
    const { pid } = await lab.until(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND application_name = 'smith migrate' AND datname = current_database()",
    );
    const events: MigrationEvent[] = [];
    const impatient = {
      ...lab.options,
      runnerLockTimeoutMs: 100,
      onEvent: (event: MigrationEvent) => events.push(event),
    };
    await expect(migrateUp(impatient)).rejects.toMatchObject({
      code: "MIGRATION_LOCKED",
      retryable: true,
      message: expect.stringMatching(
        new RegExp(`process ${pid} \\("smith migrate" of postgres at [0-9.:a-f]+, active since 2`),
      ),
      details: { holder: { pid, application: "smith migrate" } },
    });
    expect(events).toContainEqual(
      expect.objectContaining({ type: "waiting-for-runner", holder: expect.objectContaining({ pid }) }),
    );
    holder.abort();
    await holding;
  });

  it("of different tables do not wait for each other", async () => {
    await using lab = await migrationLab(cluster);
    await using other = await migrationLab(cluster);
    await lab.write({ "00001_slow.up.sql": "SELECT pg_sleep(600);" });
    await other.write({ "00001_own.up.sql": "CREATE TABLE own ();" });
    const holder = new AbortController();
    const holding = migrateUp({ ...lab.options, signal: holder.signal }).catch((error: unknown) => error);
    await lab.until(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND application_name = 'smith migrate' AND datname = current_database()",
    );
    const own = { ...lab.options, folder: other.folder, table: { name: "own_migrations" } };
    expect(await migrateUp(own)).toMatchObject({ to: 1 });
    holder.abort();
    await holding;
  });
});

describe("runners in processes of their own", () => {
  it("all succeed, and each file is applied once", async () => {
    const [cluster] = clusters();
    if (cluster === undefined) return;
    await using lab = await migrationLab(cluster);
    await lab.write(files);
    await using all = new AsyncDisposableStack();
    const children = Array.from({ length: runners }, () => all.use(migrateInChild(lab.options)));
    const finished = await Promise.all(children.map((child) => child.finished));
    expect(finished.filter(({ status }) => status !== 0)).toEqual([]);
    const applied = finished.flatMap(({ output }): unknown => JSON.parse(output));
    expect(applied).toEqual([1, 2, 3]);
  });
});
