import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);

describe.each(clusters())("a task that is changed by plain SQL on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  const count = (table: string) => value(client(), `SELECT count(*)::INTEGER FROM tasks.${table}`);
  const change = (id: string, assignment: string) =>
    client().query(`UPDATE tasks.queue SET ${assignment} WHERE task_id = $1`, [id]);

  beforeAll(async () => {
    await client().query(fixtures);
    await client().query("SELECT partitions.create_task_type_partition('own')");
  });
  beforeEach(async () => {
    await client().query(
      "DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases; DELETE FROM tasks.unique_keys; DELETE FROM tasks.order_queue",
    );
  });

  it("may be claimed anew when it is set back while somebody works on it, whose result is refused", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    const first = await queue().claim("t");
    await change(id, "status = 'pending'");
    const second = await queue().claim("t");
    expect(second).toMatchObject([{ id }]);
    expect(await queue().complete(...first)).toEqual([]);
    expect(await queue().complete(...second)).toEqual([id]);
  });

  it.each([
    ["completed", "pending"],
    ["failed", "cancelled"],
    ["cancelled", "cancelled"],
  ])(
    "lets go what stood behind it when it is set to %s, and what waits for it is %s",
    async (end, follower) => {
      for (const isRunning of [false, true]) {
        const [head = "", next = ""] = await queue().enqueue(
          { task_type: "t", order_key: "k", unique_key: "u" },
          { task_type: "t", order_key: "k" },
        );
        const [waiting = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: head }] });
        if (isRunning) await queue().claim("t");
        await change(head, `status = '${end}', completed_at = clock_timestamp()`);
        expect(await queue().statuses(next, waiting)).toEqual(["pending", follower]);
        expect([await count("unique_keys"), await count("leases")]).toEqual([0, 0]);
        expect(await count("dead_letters")).toBe(end === "failed" ? 1 : 0);
        await client().query("DELETE FROM tasks.queue");
      }
    },
  );

  it("takes its keys again when it comes back, and does not when another has them", async () => {
    const keyed = { task_type: "t", unique_key: "u", order_key: "k", max_retries: 0 };
    const [id = ""] = await queue().enqueue(keyed);
    await queue().fail(...(await queue().claim("t")));
    await change(id, "status = 'pending'");
    const [same, behind = ""] = await queue().enqueue(keyed, { task_type: "t", order_key: "k" });
    expect([same, await queue().statuses(id, behind)]).toEqual([id, ["pending", "queued"]]);

    await queue().fail(...(await queue().claim("t")));
    expect(await queue().statuses(behind)).toEqual(["pending"]);
    await queue().enqueue({ ...keyed, order_key: null });
    expect(await refusalOf(change(id, "status = 'pending'"))).toMatchObject({ code: "23505" });
    expect(await queue().statuses(id)).toEqual(["failed"]);
  });

  it("changes its keys with its columns", async () => {
    const [first = "", second = ""] = await queue().enqueue(
      { task_type: "t", unique_key: "a", order_key: "k" },
      { task_type: "t", unique_key: "b", order_key: "k" },
    );
    expect(await refusalOf(change(first, "unique_key = 'b'"))).toMatchObject({ code: "23505" });
    await change(first, "unique_key = 'c', order_key = 'other'");
    expect(await queue().statuses(first, second)).toEqual(["pending", "pending"]);
    expect(await column(client(), "SELECT unique_key FROM tasks.unique_keys ORDER BY 1")).toEqual(["b", "c"]);
    await change(first, "order_key = 'k'");
    expect(await queue().statuses(first, second)).toEqual(["queued", "pending"]);
    await change(first, "order_key = NULL");
    expect(await queue().statuses(first)).toEqual(["pending"]);
  });

  it.each(["u", "own"])(
    "is claimed under its new type %s, also where its worker has it still",
    async (type) => {
      const [id = "", running = ""] = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
      await change(running, "priority = 'critical'");
      const claimed = await queue().claim("t");
      expect(claimed).toMatchObject([{ id: running }]);
      await change(running, `task_type = '${type}'`);
      await change(id, `task_type = '${type}'`);
      expect(await queue().claim(type)).toMatchObject([{ id }]);
      expect(await queue().complete(...claimed)).toEqual([running]);
      expect(await queue().statuses(running)).toEqual(["completed"]);
    },
  );

  it("takes its lease with it when it is removed, and leaves the rest of its batch alone", async () => {
    const ids = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    const claimed = await queue().claim("t", 2);
    await client().query("DELETE FROM tasks.queue WHERE task_id = $1", [ids[0]]);
    expect(await count("leases")).toBe(1);
    expect(await queue().complete(...claimed)).toEqual([ids[1]]);
  });

  it("cannot have the id of a task of another type", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    const twin = () => queue().enqueue({ task_type: "own", task_id: id });
    expect(await refusalOf(twin())).toMatchObject({ code: "23505", constraint: "queue_pkey" });
    expect(await queue().enqueue({ task_type: "t", task_id: id })).toEqual([id]);
  });

  it("is found again by the repair when it was changed without our triggers", async () => {
    const keyed = { task_type: "t", order_key: "k", unique_key: "u" };
    const [head = "", behind = "", running = "", lined = ""] = await queue().enqueue(
      keyed,
      { task_type: "t", order_key: "k" },
      { task_type: "u" },
      { task_type: "w", order_key: "k", unique_key: "v" },
    );
    const [waiting = ""] = await queue().enqueue({ task_type: "v", depends_on: [{ task_id: head }] });
    await queue().claim("u");
    await client().query("SET session_replication_role = replica");
    await change(head, "status = 'completed', completed_at = clock_timestamp()");
    await client().query("SET session_replication_role = origin");
    await client().query("DELETE FROM tasks.leases");
    await client().query("DELETE FROM tasks.order_queue WHERE task_id = $1", [lined]);
    await client().query("DELETE FROM tasks.unique_keys WHERE task_id = $1", [lined]);

    await client().query("SELECT tasks.repair_ready()");
    expect(await queue().statuses(behind, waiting, running, lined)).toEqual(Array(4).fill("pending"));
    expect(await column(client(), "SELECT unique_key FROM tasks.unique_keys")).toEqual(["v"]);
    expect(await column(client(), "SELECT task_id FROM tasks.order_queue ORDER BY seq")).toEqual([
      behind,
      lined,
    ]);
    expect(await value(client(), "SELECT tasks.repair_ready()")).toBe(0);
  });
});
