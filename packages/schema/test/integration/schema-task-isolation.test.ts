import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);
const levels = ["REPEATABLE READ", "SERIALIZABLE"] as const;
const each = clusters().flatMap((cluster) =>
  levels.map((level) => ({ cluster, level, major: cluster.major })),
);

describe.each(each)("a transaction of $level on PostgreSQL $major", ({ cluster, level }) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  let old: Client;
  const before = () => taskQueue(old, ada);

  /** Sees the database as it is now, until it ends. */
  async function begin(): Promise<void> {
    await old.query(`BEGIN ISOLATION LEVEL ${level}`);
    await old.query("SELECT FROM tasks.queue LIMIT 1");
  }
  const catchUp = (on: Client = client()) => value(on, "SELECT tasks.catch_up()");

  beforeAll(async () => {
    await client().query(fixtures);
    old = await database().connect();
  });
  beforeEach(async () => {
    await old.query("ROLLBACK");
    await client().query(
      `DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases; DELETE FROM tasks.unsettled;
       DELETE FROM tasks.type_limits`,
    );
  });

  it.each([
    ["completes", "pending", () => before().complete],
    ["fails", "cancelled", () => before().fail],
  ] as const)("that %s a task: what waits for it since is %s after the upkeep", async (_, status, end) => {
    const [first = ""] = await queue().enqueue({ task_type: "t", max_retries: 0 });
    const claimed = await queue().claim("t");
    await begin();
    const [second = "", third = ""] = await queue().enqueue(
      { task_type: "u", depends_on: [{ task_id: first }] },
      { task_type: "u", depends_on: [{ task_id: first, on_failure: "ignore" }] },
    );
    await end()(...claimed);
    await old.query("COMMIT");
    await catchUp();
    expect(await queue().statuses(second, third)).toEqual([status, "pending"]);
    expect(await catchUp()).toBe(0);
  });

  it("that cancels a task: what waits for it since is cancelled by the upkeep, with what waits for that", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t" });
    await begin();
    const [second = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: first }] });
    const [third = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: second }] });
    await before().end("cancel", first);
    await old.query("COMMIT");
    await catchUp();
    expect(await queue().statuses(second, third)).toEqual(["cancelled", "cancelled"]);
  });

  it("that completes one of two while the other is completed: what waits for both goes on", async () => {
    const ids = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    const [last = ""] = await queue().enqueue({
      task_type: "u",
      depends_on: ids.map((task_id) => ({ task_id })),
    });
    const [one, two] = await queue().claim("t", 2);
    if (one === undefined || two === undefined) throw new Error("two were to be claimed");
    await begin();
    await queue().complete(two);
    await before().complete(one);
    await old.query("COMMIT");
    await catchUp();
    expect(await queue().statuses(last)).toEqual(["pending"]);
  });

  it("that claims a task: what waits for its start since goes on", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t" });
    await begin();
    const [second = ""] = await queue().enqueue({
      task_type: "u",
      depends_on: [{ task_id: first, type: "start" }],
    });
    expect(await before().claim("t")).toMatchObject([{ id: first }]);
    await old.query("COMMIT");
    await catchUp();
    expect(await queue().statuses(second)).toEqual(["pending"]);
  });

  it("that claims is told when a limit of running tasks is used up since", async () => {
    await client().query("INSERT INTO tasks.type_limits (task_type, max_running) VALUES ('t', 1)");
    await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    await begin();
    expect(await queue().claim("t", 5)).toHaveLength(1);
    expect(await refusalOf(before().claim("t", 5))).toMatchObject({ code: "40001" });
    await old.query("ROLLBACK");
    expect(await before().claim("t", 5)).toEqual([]);
  });

  it("removes no agent, as it would not see what that works on since", async () => {
    await begin();
    await queue().enqueue({ task_type: "t" });
    expect(await queue().claim("t")).toHaveLength(1);
    expect(
      await refusalOf(old.query("DELETE FROM agents.registry WHERE agent_id = $1", [ada])),
    ).toMatchObject({
      code: "0A000",
      hint: expect.stringContaining("read committed"),
    });
  });

  it("gives a unique key that is free since to the one that asks for it", async () => {
    const [ended = ""] = await queue().enqueue({ task_type: "t", unique_key: "k" });
    await begin();
    await queue().end("cancel", ended);
    const [first, second, third] = await before().enqueue(
      { task_type: "t", unique_key: "k" },
      { task_type: "t", unique_key: "k" },
      { task_type: "t" },
    );
    await old.query("COMMIT");
    expect(first).not.toBe(ended);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(await queue().enqueue({ task_type: "t", unique_key: "k" })).toEqual([first]);
  });

  it("redrives one whose unique key is free since, and takes the key for it", async () => {
    const [ended = ""] = await queue().enqueue({ task_type: "t", unique_key: "k" });
    await queue().end("cancel", ended);
    const [other = ""] = await queue().enqueue({ task_type: "t", unique_key: "k" });
    await begin();
    await queue().end("cancel", other);
    expect(await before().end("redrive", ended)).toEqual(["redriven"]);
    await old.query("COMMIT");
    expect(await queue().statuses(ended)).toEqual(["pending"]);
    expect(await queue().enqueue({ task_type: "t", unique_key: "k" })).toEqual([ended]);
  });

  it.each(["waits for", "comes back before"])(
    "is told when it would close a circle: a task %s another since",
    async (what) => {
      const line = what === "waits for" ? {} : { order_key: "k" };
      const [back = ""] = await queue().enqueue({ task_type: "t", ...line });
      if (what !== "waits for") await queue().end("cancel", back);
      const [waiting = ""] = await queue().enqueue({
        task_type: "u",
        depends_on: [{ task_id: back, on_failure: "wait" }],
      });
      const [third = ""] = await queue().enqueue({ task_type: "t", ...line });
      const dependency = (task: string, on: string) => [
        task,
        JSON.stringify([{ waiting_task_id: task, task_id: on, on_failure: "wait" }]),
      ];
      await begin();
      await client().query("SELECT tasks.wait_for($1, $2)", dependency(third, waiting));
      const closing =
        what === "waits for"
          ? old.query("SELECT tasks.wait_for($1, $2)", dependency(back, third))
          : before().end("redrive", back);
      expect(await refusalOf(closing)).toMatchObject({ code: "40001" });
    },
  );

  it("catches up with nothing itself, and leaves no note when it sees all there is", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t" });
    await begin();
    await before().end("cancel", first);
    expect(await catchUp(old)).toBeNull();
    await old.query("COMMIT");
    expect(await catchUp()).toBe(1);
    await queue().end("redrive", first);
    await queue().end("cancel", first);
    expect(await catchUp()).toBe(0);
  });
});
