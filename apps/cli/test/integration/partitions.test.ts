import { fileURLToPath } from "node:url";
import { migrateUp } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestTemplate } from "@mister-smith/testkit";
import { Client } from "pg";
import { describe, expect, it, vi } from "vitest";
import { startSmith } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

const folder = fileURLToPath(new URL("../../../../migrations", import.meta.url));

const template: TestTemplate = {
  name: "migrated",
  prepare: async (url) => {
    await migrateUp({ connection: url, folder });
  },
};

describe.each(clusters())("on PostgreSQL $major", (cluster) => {
  it("smith partitions maintain creates ahead, and --dry-run changes nothing", async () => {
    await using database = await createTestDatabase({ cluster, template });
    const smith = smithOn(database.url);
    const partitions = async (): Promise<number> => (await smith("partitions list")).json.partitions.length;

    const before = await partitions();
    const rehearsed = await smith("partitions maintain --dry-run");
    expect(await partitions()).toBe(before);
    const done = await smith("partitions maintain");
    expect(done.json.tables).toEqual(rehearsed.json.tables);
    const created = done.json.tables.reduce((sum: number, one: { created: number }) => sum + one.created, 0);
    expect(created).toBeGreaterThan(0);
    expect(await partitions()).toBe(before + created);

    await smith.sql("SELECT partitions.create_time_partition('messages.log', CURRENT_DATE - 20)");
    const kept = await smith("partitions maintain");
    expect(kept.json.tables).toContainEqual(expect.objectContaining({ table: "messages.log", dropped: 0 }));
    const dropped = await smith("partitions maintain --retain-days 14");
    expect(dropped.json.tables).toContainEqual(
      expect.objectContaining({ table: "messages.log", dropped: 1 }),
    );
    expect(dropped.code).toBe(0);
  });

  it("smith partitions maintain looks after the other tables when one fails, and fails at the end", async () => {
    await using database = await createTestDatabase({ cluster, template });
    const smith = smithOn(database.url);
    await smith.sql("INSERT INTO partitions.settings (schema_name, table_name) VALUES ('agents', 'gone')");
    await smith.sql(
      "INSERT INTO messages.log (message_type, sent_at) VALUES ('heartbeat', '294276-12-31 23:00+00')",
    );
    for (const line of ["partitions maintain --dry-run", "partitions maintain"]) {
      const { code, json } = await smith(line);
      expect(code).toBe(1);
      const [gone, ...others] = json.tables;
      expect(gone).toMatchObject({
        table: "agents.gone",
        error: {
          code: "DATABASE",
          message: expect.stringContaining("agents.gone"),
          details: { sqlState: "42P01" },
        },
      });
      expect(others).toHaveLength(4);
      for (const one of others) expect(one.created).toBeGreaterThan(0);
      expect(others).toContainEqual(expect.objectContaining({ table: "messages.log", default_rows: 1 }));
    }
  });

  it("smith indexes enables on every partition, finishes what was interrupted, and disables", async () => {
    await using database = await createTestDatabase({ cluster, template });
    const smith = smithOn(database.url);
    const index = "idx_agents_state_value_gin";
    const state = async (): Promise<string> =>
      (await smith("indexes list")).json.indexes.find((one: { index: string }) => one.index === index).state;

    const plan = await smith(`indexes enable ${index} --dry-run`);
    expect(await state()).toBe("absent");
    const [first, second] = plan.json.statements;
    await smith.sql(first);
    await smith.sql(second);
    expect(await state()).toBe("partial");
    const enabled = await smith(`indexes enable ${index}`);
    expect(enabled.json.statements).toHaveLength(plan.json.statements.length - 2);
    expect(await state()).toBe("present");
    expect((await smith(`indexes enable ${index}`)).json.statements).toEqual([]);
    await smith(`indexes disable ${index}`);
    expect(await state()).toBe("absent");
  });
});

describe("Ctrl-C", () => {
  it("cancels the building of an index on the server, and the next run finishes it", async () => {
    await using database = await createTestDatabase({ template });
    const smith = smithOn(database.url);
    const index = "idx_tasks_queue_payload_gin";
    // CREATE INDEX CONCURRENTLY waits for every transaction that writes to the table.
    const writer = new Client({ connectionString: database.url, application_name: "smith test" });
    await writer.connect();
    await writer.query("BEGIN; LOCK TABLE ONLY tasks.queue_default IN ROW EXCLUSIVE MODE");
    // The view shows every database of the cluster, and other tests build indexes too.
    const building =
      "SELECT count(*)::INTEGER AS n FROM pg_stat_progress_create_index WHERE datname = current_database()";
    try {
      const run = startSmith(["indexes", "enable", index], { env: { SMITH_DATABASE_URL: database.url } });
      await vi.waitUntil(async () => (await smith.sql(building))[0]?.["n"] === 1, {
        timeout: 30_000,
        interval: 50,
      });
      run.signal("SIGINT");
      expect((await run.done).code).toBe(130);
      expect(await smith.sql(building)).toEqual([{ n: 0 }]);
    } finally {
      await writer.end();
    }
    expect((await smith("indexes list")).json.indexes).toContainEqual(
      expect.objectContaining({ index, state: "partial" }),
    );
    expect((await smith(`indexes enable ${index}`)).code).toBe(0);
    expect((await smith("indexes list")).json.indexes).toContainEqual(
      expect.objectContaining({ index, state: "present" }),
    );
  });
});

describe("what is not there", () => {
  it("is named, with what there is", async () => {
    await using database = await createTestDatabase({ template });
    const smith = smithOn(database.url);
    expect(await smith("partitions list agents.registry")).toMatchObject({
      code: 1,
      json: { error: { code: "NOT_PARTITIONED" } },
    });
    const unknown = await smith("indexes enable idx_nothing");
    expect(unknown.code).toBe(1);
    expect(unknown.json.error.hint).toContain("idx_agents_state_value_gin");
  });

  it("a database without the schema is sent to the migrations", async () => {
    await using database = await createTestDatabase();
    const { code, json } = await smithOn(database.url)("partitions list");
    expect(code).toBe(1);
    expect(json.error.hint).toContain("smith migrate up");
  });
});
