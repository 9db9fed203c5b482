import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";

describe.each(clusters())("task types on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const partition = (type: string | null) =>
    value(client(), "SELECT partitions.create_task_type_partition($1)", [type]);

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("DELETE FROM tasks.queue");
  });

  /** A task with a child, an execution and a dependency in each direction. */
  async function family(type: string): Promise<void> {
    await client().query(
      `WITH parent AS (INSERT INTO tasks.queue (task_type, task_name) VALUES ($1, 'parent') RETURNING task_id),
       other AS (INSERT INTO tasks.queue (task_type, task_name) VALUES ('other', 'other') RETURNING task_id)
       SELECT FROM parent, other`,
      [type],
    );
    await client().query(`
      INSERT INTO tasks.queue (task_type, task_name, parent_task_id)
      SELECT t.type, 'child of ' || t.type, q.task_id
      FROM tasks.queue AS q, (SELECT task_type AS type FROM tasks.queue) AS t WHERE q.task_name = 'parent';
      INSERT INTO tasks.executions (task_id, agent_id) SELECT task_id, ${ada} FROM tasks.queue;
      INSERT INTO tasks.dependencies (task_id, depends_on_task_id)
      SELECT a.task_id, b.task_id FROM tasks.queue AS a, tasks.queue AS b WHERE a.task_id <> b.task_id`);
  }

  const everything = () =>
    column(
      client(),
      `SELECT q::TEXT FROM tasks.queue AS q
       UNION ALL SELECT e::TEXT FROM tasks.executions AS e
       UNION ALL SELECT d::TEXT FROM tasks.dependencies AS d ORDER BY 1`,
    );

  it("get a partition with all their tasks, and nothing that belongs to a task is lost or changed", async () => {
    await family("hot");
    const before = await everything();
    expect(before).toHaveLength(4 + 4 + 12);
    expect(await partition("hot")).toBe("tasks.queue_type_hot");
    expect(await everything()).toEqual(before);
    expect(
      await column(
        client(),
        "SELECT DISTINCT tableoid::REGCLASS || ' ' || task_type FROM tasks.queue ORDER BY 1",
      ),
    ).toEqual(["tasks.queue_default other", "tasks.queue_type_hot hot"]);
  });

  it("still take their executions and dependencies along when a task is removed after the move", async () => {
    await family("doomed");
    await partition("doomed");
    await client().query("UPDATE tasks.queue SET parent_task_id = NULL");
    await client().query("DELETE FROM tasks.queue WHERE task_type = 'doomed'");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM tasks.executions")).toBe(2);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM tasks.dependencies")).toBe(2);
  });

  it("are followed by everything that belongs to a task when its type is changed", async () => {
    await family("before");
    await client().query("UPDATE tasks.queue SET task_type = 'after' WHERE task_name = 'parent'");
    const types = (sql: string) => column(client(), `${sql} ORDER BY 1`);
    const parent = "(SELECT task_id FROM tasks.queue WHERE task_name = 'parent')";
    expect(
      await types(`SELECT DISTINCT parent_task_type FROM tasks.queue WHERE parent_task_id = ${parent}`),
    ).toEqual(["after"]);
    expect(await types(`SELECT task_type FROM tasks.executions WHERE task_id = ${parent}`)).toEqual([
      "after",
    ]);
    expect(
      await types(`SELECT DISTINCT task_type FROM tasks.dependencies WHERE task_id = ${parent}`),
    ).toEqual(["after"]);
    expect(
      await types(
        `SELECT DISTINCT depends_on_task_type FROM tasks.dependencies WHERE depends_on_task_id = ${parent}`,
      ),
    ).toEqual(["after"]);
  });

  it("follow a task into the partition of its new type", async () => {
    await family("cold");
    await partition("warm");
    await client().query("UPDATE tasks.queue SET task_type = 'warm' WHERE task_type = 'cold'");
    expect(await value(client(), "SELECT count(*)::INTEGER FROM tasks.queue_type_warm")).toBe(2);
    expect(
      await value(client(), "SELECT count(*)::INTEGER FROM tasks.executions WHERE task_type = 'warm'"),
    ).toBe(2);
  });

  it("get one partition each, however often and by however many it is asked for at once", async () => {
    const askers = await Promise.all(Array.from({ length: 6 }, () => database().connect()));
    const names = await Promise.all(
      askers.map((asker) => value(asker, "SELECT partitions.create_task_type_partition('wanted')")),
    );
    expect(new Set(names)).toEqual(new Set(["tasks.queue_type_wanted"]));
  });

  it("lose no task that is written while they get their partition", async () => {
    const writers = await Promise.all(Array.from({ length: 4 }, () => database().connect()));
    let stop = false;
    const write = async (writer: Client): Promise<number> => {
      let tasks = 0;
      while (!stop) {
        await writer.query(
          `WITH task AS (INSERT INTO tasks.queue (task_type) VALUES ('rush') RETURNING task_id, task_type)
           SELECT task_id FROM task`,
        );
        await writer.query(
          `INSERT INTO tasks.executions (task_id, task_type, agent_id)
           SELECT task_id, task_type, ${ada} FROM tasks.queue WHERE task_type = 'rush' LIMIT 1`,
        );
        tasks++;
      }
      return tasks;
    };
    const writing = writers.map(write);
    const written = async () =>
      Number(await value(client(), "SELECT count(*) FROM tasks.queue WHERE task_type = 'rush'"));
    while ((await written()) < 50) await client().query("SELECT");
    await partition("rush");
    const atMove = await written();
    while ((await written()) < atMove + 50) await client().query("SELECT");
    stop = true;
    const total = (await Promise.all(writing)).reduce((sum, tasks) => sum + tasks, 0);

    expect(await written()).toBe(total);
    expect(await value(client(), "SELECT count(*)::INTEGER FROM tasks.queue_type_rush")).toBe(total);
    expect(
      await value(client(), "SELECT count(*)::INTEGER FROM tasks.executions WHERE task_type = 'rush'"),
    ).toBe(total);
  });

  it.each([
    ["default", "tasks.queue_type_default"],
    ["Fix bug", /^tasks\."queue_type_fix_bug\$[0-9a-f]{12}"$/],
    ["fix-bug", /^tasks\."queue_type_fix_bug\$[0-9a-f]{12}"$/],
    [`quote' "double" \\back {brace}, comma`, /^tasks\."queue_type_/],
    ["ü".repeat(100), /^tasks\."queue_type_/],
  ])("may be called %s", async (type, name) => {
    await client().query("INSERT INTO tasks.queue (task_type) VALUES ($1)", [type]);
    expect(await partition(type)).toMatch(name);
    expect(await partition(type)).toMatch(name);
    expect(
      await value(client(), "SELECT tableoid::REGCLASS::TEXT FROM tasks.queue WHERE task_type = $1", [type]),
    ).toMatch(name);
  });

  it.each([null, "", "x".repeat(101)])("may not be called %s", async (type) => {
    expect(await refusalOf(partition(type))).toMatchObject({ code: "22023" });
  });

  it("are found by the id of a task, and never guessed", async () => {
    const [id] = await column(
      client(),
      "INSERT INTO tasks.queue (task_type) VALUES ('one') RETURNING task_id",
    );
    expect(await value(client(), "SELECT tasks.type_of($1)", [id])).toBe("one");
    // The triggers refuse it; what was restored without them may have it.
    await client().query("SET session_replication_role = replica");
    await client().query("INSERT INTO tasks.queue (task_id, task_type) VALUES ($1, 'two')", [id]);
    await client().query("SET session_replication_role = origin");
    expect(await refusalOf(client().query("SELECT tasks.type_of($1)", [id]))).toMatchObject({
      code: "21000",
    });
    expect(await refusalOf(client().query("SELECT tasks.type_of(gen_random_uuid())"))).toMatchObject({
      code: "23503",
    });
  });
});
