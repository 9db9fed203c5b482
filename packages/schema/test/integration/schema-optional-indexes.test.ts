import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { migrationsFolder } from "../support/apply-migrations.ts";
import { ada, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { backendOf, untilWaiting } from "../support/waiting.ts";

const indexes = [
  "idx_agents_state_value_gin",
  "idx_tasks_queue_estimated_duration",
  "idx_tasks_queue_payload_gin",
  "idx_tasks_queue_pending",
  "idx_tasks_queue_priority_covering",
  "idx_tasks_queue_type_status",
];
const tasks = "idx_tasks_queue_payload_gin";

describe.each(clusters())("optional indexes on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  const plan = async (index: string, enable: boolean) =>
    z
      .array(z.string())
      .parse(
        await column(client(), "SELECT statement FROM partitions.optional_index_plan($1, $2) ORDER BY step", [
          index,
          enable,
        ]),
      );
  const run = async (statements: readonly string[]) => {
    for (const statement of statements) await client().query(statement);
  };
  const state = (index: string) =>
    value(client(), "SELECT state FROM partitions.optional_indexes WHERE index_name = $1", [index]);
  const invalid = () =>
    column(client(), "SELECT indexrelid::REGCLASS::TEXT FROM pg_index WHERE NOT indisvalid ORDER BY 1");
  const left = (index: string) =>
    column(client(), "SELECT relname FROM pg_class WHERE starts_with(relname, $1)", [index]);

  beforeAll(async () => {
    await client().query(fixtures);
    await client().query(
      "SELECT partitions.create_task_type_partition(t) FROM unnest(ARRAY['one', 'Two things at once']) AS t",
    );
    await client().query(`
      INSERT INTO agents.state (agent_id, state_key, state_value)
      SELECT ${ada}, 'k' || i, jsonb_build_object('n', i) FROM generate_series(1, 200) AS i;
      INSERT INTO tasks.queue (task_type, payload)
      SELECT t, jsonb_build_object('n', i, 'parameters', jsonb_build_object('n', i))
      FROM generate_series(1, 200) AS i, unnest(ARRAY['one', 'other']) AS t`);
  });
  beforeEach(async () => {
    for (const index of indexes) await run(await plan(index, false));
  });

  it("are all absent until they are asked for", async () => {
    expect(
      await column(
        client(),
        "SELECT index_name || ' ' || state || ' ' || built_partitions FROM partitions.optional_indexes",
      ),
    ).toEqual(indexes.map((index) => `${index} absent 0`));
  });

  it.each(indexes)("can be enabled and disabled again: %s", async (index) => {
    await run(await plan(index, true));
    expect(await state(index)).toBe("present");
    expect(await invalid()).toEqual([]);
    expect(await plan(index, true)).toEqual([]);
    await run(await plan(index, false));
    expect(await state(index)).toBe("absent");
    expect(await left(index)).toEqual([]);
    expect(await plan(index, false)).toEqual([]);
  });

  it.each([
    ["idx_agents_state_value_gin", `agents.state WHERE state_value @> '{"n": 7}'`],
    ["idx_tasks_queue_payload_gin", `tasks.queue WHERE payload @> '{"n": 7}'`],
    ["idx_tasks_queue_type_status", "tasks.queue WHERE task_type = 'one' AND status = 'failed'"],
    ["idx_tasks_queue_priority_covering", "tasks.queue WHERE status = 'pending' AND priority = 'high'"],
    ["idx_tasks_queue_pending", "tasks.queue WHERE status = 'pending' AND priority = 'high'"],
    [
      "idx_tasks_queue_estimated_duration",
      "tasks.queue WHERE status = 'queued' AND EXTRACT(epoch FROM max_execution_time) > 7000",
    ],
  ])("serve the queries they are for: %s", async (index, query) => {
    await run(await plan(index, true));
    await client().query("BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off");
    const lines = await column(client(), `EXPLAIN (COSTS OFF) SELECT FROM ${query}`);
    await client().query("ROLLBACK");
    expect(lines.join("\n")).toContain(`Bitmap Index Scan on ${index}`);
    expect(lines.join("\n")).not.toContain("Seq Scan");
  });

  it("can be resumed after every single step", async () => {
    const whole = await plan(tasks, true);
    for (let steps = 1; steps < whole.length; steps++) {
      await run(whole.slice(0, steps));
      expect(await state(tasks)).toBe("partial");
      await run(await plan(tasks, true));
      expect(await state(tasks)).toBe("present");
      expect(await invalid()).toEqual([]);
      await run(await plan(tasks, false));
      expect(await left(tasks)).toEqual([]);
    }
  });

  it("are built anew where an interrupted build left an index behind", async () => {
    const [builder, blocker] = [await database().connect(), await database().connect()];
    const [whole, first] = await plan(tasks, true);
    await run([whole ?? ""]);
    // A build waits for transactions that began before it; there it is interrupted.
    await blocker.query("BEGIN; INSERT INTO tasks.queue (task_type) VALUES ('other')");
    const backend = await backendOf(builder);
    const interrupted = refusalOf(builder.query(first ?? ""));
    await untilWaiting(client(), backend);
    await client().query("SELECT pg_cancel_backend($1)", [backend]);
    expect(await interrupted).toMatchObject({ code: "57014" });
    await blocker.query("ROLLBACK");

    expect(await invalid()).toEqual([
      "tasks.idx_tasks_queue_payload_gin",
      "tasks.idx_tasks_queue_payload_gin_queue_default",
    ]);
    expect(await state(tasks)).toBe("partial");
    expect((await plan(tasks, true))[0]).toMatch(/^DROP INDEX CONCURRENTLY /);
    await run(await plan(tasks, true));
    expect(await state(tasks)).toBe("present");
    expect(await invalid()).toEqual([]);
  });

  it("give up on a lock that a writer holds when they are built as the page says, instead of blocking all", async () => {
    const [operator, writer] = [await database().connect(), await database().connect()];
    const page = await readFile(join(migrationsFolder, "../docs/optional-indexes.md"), "utf8");
    const [, query = ""] = /```sql\n([^`]*optional_index_plan[^`]*)\\gexec\n```/.exec(page) ?? [];
    /** What psql does for \gexec: every cell is a statement, row by row; here the first error ends it. */
    const gexec = async () => {
      const { rows } = await operator.query({ text: query, rowMode: "array" });
      for (const statement of z.array(z.array(z.string())).parse(rows).flat())
        await operator.query(statement);
    };
    await operator.query("SET statement_timeout = '20s'");
    await writer.query("BEGIN; INSERT INTO tasks.queue (task_type) VALUES ('other')");
    expect(await refusalOf(gexec())).toMatchObject({ code: "55P03" });
    await writer.query("ROLLBACK");

    await gexec();
    expect(await state(tasks)).toBe("present");
  });

  it("leave nothing behind when they are disabled half-way", async () => {
    await run((await plan(tasks, true)).slice(0, 2));
    await run(await plan(tasks, false));
    expect(await left(tasks)).toEqual([]);
    expect(await state(tasks)).toBe("absent");
  });

  it("come with partitions that are created later, and with those created half-way", async () => {
    const statements = await plan(tasks, true);
    await run(statements.slice(0, 1));
    await client().query("SELECT partitions.create_task_type_partition('half-way')");
    await run(statements.slice(1));
    await client().query("SELECT partitions.create_task_type_partition('later')");
    expect(await state(tasks)).toBe("present");
    expect(
      await value(
        client(),
        "SELECT built_partitions = partitions FROM partitions.optional_indexes WHERE index_name = $1",
        [tasks],
      ),
    ).toBe(true);
  });

  it("are refused by a name that none has, with the names there are", async () => {
    const refusal = await refusalOf(plan("idx_nothing", true));
    expect(refusal).toMatchObject({ code: "42704", message: "no optional index is called idx_nothing" });
    expect(refusal?.hint).toContain(indexes.join(", "));
  });
});
