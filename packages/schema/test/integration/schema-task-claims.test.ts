import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);

describe.each(clusters())("a claim on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  const many = (n: number, type = "t") => Array.from({ length: n }, () => ({ task_type: type }));
  const ready = () => value(client(), "SELECT count(*)::INTEGER FROM tasks.ready");

  /** A connection with an open transaction that ends with the test. */
  const holder = async () => {
    const connection = await database().connect();
    await connection.query("BEGIN");
    onTestFinished(async () => void (await connection.query("ROLLBACK")));
    return connection;
  };

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query(
      "DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases; DELETE FROM tasks.type_limits",
    );
  });

  it.each(["cancel", "pause"] as const)("finds the one task behind thousands after %s", async (name) => {
    const ids = await queue().enqueue(...many(4000));
    await (name === "cancel" ? queue().end(name, ...ids) : queue().hold(name, ...ids));
    const [live = ""] = await queue().enqueue({ task_type: "t" });
    expect(await queue().claim("t")).toMatchObject([{ id: live }]);
    expect(await ready()).toBe(0);
  });

  it("finds the one task behind thousands that were put off", async () => {
    await queue().enqueue(...many(1000).map((task) => ({ ...task, priority: "critical" })));
    await client().query("UPDATE tasks.queue SET scheduled_at = now() + INTERVAL '1 hour'");
    const [live = ""] = await queue().enqueue({ task_type: "t" });
    expect(await queue().claim("t")).toMatchObject([{ id: live }]);
  });

  it("goes by the priority that tasks have now", async () => {
    const [lowered = "", other = "", raised = ""] = await queue().enqueue(
      { task_type: "t", priority: "critical" },
      { task_type: "t" },
      { task_type: "t", priority: "low" },
    );
    await client().query("UPDATE tasks.queue SET priority = 'low' WHERE task_id = $1", [lowered]);
    await client().query("UPDATE tasks.queue SET priority = 'urgent' WHERE task_id = $1", [raised]);
    const claimed = [];
    for (let n = 0; n < 3; n += 1) claimed.push(...(await queue().claim("t")));
    expect(claimed.map(({ id }) => id)).toEqual([raised, other, lowered]);
  });

  it("of many at once goes by the priority that tasks have now", async () => {
    const [lowered = "", ...others] = await queue().enqueue(
      { task_type: "t", priority: "critical" },
      { task_type: "t", priority: "high" },
      { task_type: "t" },
    );
    await client().query("UPDATE tasks.queue SET priority = 'low' WHERE task_id = $1", [lowered]);
    expect((await queue().claim("t", 2)).map(({ id }) => id)).toEqual(others);
    expect(await queue().claim("t", 2)).toMatchObject([{ id: lowered }]);
  });

  it.each(["SHARE", "UPDATE"])("passes over a task that a transaction holds for %s", async (mode) => {
    const [held = "", ...others] = await queue().enqueue(...many(20));
    await (await holder()).query(`SELECT FROM tasks.queue WHERE task_id = '${held}' FOR ${mode}`);
    const claimed = await queue().claim("t", 20);
    expect(claimed.map(({ id }) => id)).toEqual(others);
    expect(await ready()).toBe(1);
  });

  it("passes over a type whose limits a transaction holds, and gives tasks of the others", async () => {
    await client().query("INSERT INTO tasks.type_limits (task_type, max_running) VALUES ('t', 5), ('u', 5)");
    await queue().enqueue(...many(2, "t"), ...many(2, "u"), ...many(2, "v"));
    await taskQueue(await holder(), ada).claim("t");
    expect(
      await column(client(), "SELECT task_type FROM tasks.claim($1, ARRAY['t', 'u', 'v'], 10)", [ada]),
    ).toEqual(["u", "u", "v", "v"]);
    expect(await queue().claim("t", 10)).toEqual([]);
  });

  it("leaves the session's time to wait for locks as it was", async () => {
    await client().query("INSERT INTO tasks.type_limits (task_type, max_running) VALUES ('t', 5), ('u', 5)");
    const connection = await holder();
    await connection.query("SET LOCAL lock_timeout = '7s'");
    await connection.query("SELECT FROM tasks.claim($1, ARRAY['t', 'u'], 10)", [ada]);
    expect(await value(connection, "SELECT current_setting('lock_timeout')")).toBe("7s");
  });

  it("of a type with a rate starts at most twice the limit in a period", async () => {
    await client().query(
      "INSERT INTO tasks.type_limits (task_type, rate_limit, rate_period) VALUES ('t', 5, '1 hour')",
    );
    await queue().enqueue(...many(20));
    expect(await queue().claim("t", 20)).toHaveLength(5);
    expect(await queue().claim("t", 20)).toEqual([]);
    await client().query("UPDATE tasks.type_limits SET rate_refilled_at = rate_refilled_at - rate_period");
    expect(await queue().claim("t", 20)).toHaveLength(5);
    expect(await queue().claim("t", 20)).toEqual([]);
  });

  it("is refused to an agent that is terminated", async () => {
    const connection = await holder();
    await connection.query("UPDATE agents.registry SET status = 'terminated' WHERE agent_id = $1", [ada]);
    expect(await refusalOf(taskQueue(connection, ada).claim("t"))).toMatchObject({
      code: "23514",
      constraint: "claim_by_living_agent",
    });
  });
});
