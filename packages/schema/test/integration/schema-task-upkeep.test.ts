import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);

describe.each(clusters())("the upkeep of tasks on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  let holder: Client;

  const hold = async (id: string) => {
    await holder.query("BEGIN");
    await holder.query("SELECT FROM tasks.queue WHERE task_id = $1 FOR UPDATE", [id]);
  };
  /** Enqueues tasks with one that waits for the first of them, whose worker is gone. */
  async function abandoned(): Promise<string[]> {
    const ids = await queue().enqueue(
      ...Array.from({ length: 20 }, () => ({ task_type: "t", max_retries: 0 })),
    );
    await queue().enqueue({ task_type: "u", depends_on: [{ task_id: ids[0] }] });
    expect(await queue().claim("t", 20)).toHaveLength(20);
    await client().query("UPDATE tasks.leases SET expires_at = now() - INTERVAL '1 s'");
    return ids;
  }
  /** As above, for tasks that nobody began with in time. */
  async function late(): Promise<string[]> {
    const ids = await queue().enqueue(
      ...Array.from({ length: 20 }, () => ({ task_type: "t", expires_in_ms: 60_000 })),
    );
    await queue().enqueue({ task_type: "u", depends_on: [{ task_id: ids[0] }] });
    await client().query(
      `UPDATE tasks.queue SET created_at = now() - INTERVAL '2 h', expires_at = now() - INTERVAL '1 h' WHERE task_type = 't'`,
    );
    return ids;
  }

  beforeAll(async () => {
    await client().query(fixtures);
    holder = await database().connect();
  });
  beforeEach(async () => {
    await holder.query("ROLLBACK");
    await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
    // An upkeep that waited would wait for as long as the tests do.
    await client().query("SET lock_timeout = '30 s'");
  });

  const duties = [
    ["ends attempts whose lease ran out", "expire_leases", "failed", abandoned],
    ["cancels tasks that expired", "expire_tasks", "cancelled", late],
  ] as const;
  it.each(duties)(
    "%s, but for one that somebody holds, until it is let go",
    async (_, duty, status, prepare) => {
      const ids = await prepare();
      await hold(ids[7] as string);
      expect(await value(client(), `SELECT tasks.${duty}()`)).toBe(19);
      await holder.query("ROLLBACK");
      expect(await value(client(), `SELECT tasks.${duty}()`)).toBe(1);
      expect(await queue().statuses(...ids)).toEqual(Array(20).fill(status));
    },
  );

  it.each(duties)(
    "%s, but for one that cannot end without what somebody holds",
    async (_, duty, status, prepare) => {
      const ids = await prepare();
      const waiting = String(await value(client(), "SELECT task_id FROM tasks.queue WHERE task_type = 'u'"));
      await hold(waiting);
      expect(await value(client(), `SELECT tasks.${duty}()`)).toBe(19);
      expect(await value(client(), "SELECT current_setting('lock_timeout')")).toBe("30s");
      await holder.query("ROLLBACK");
      expect(await value(client(), `SELECT tasks.${duty}()`)).toBe(1);
      expect(await queue().statuses(...ids, waiting)).toEqual([...Array(20).fill(status), "cancelled"]);
    },
  );

  it("ends one behind more than its limit that cannot end, or are held", async () => {
    for (const [duty, prepare] of [
      ["expire_leases", abandoned],
      ["expire_tasks", late],
    ] as const) {
      await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
      const ids = await prepare();
      const [waiting = ""] = await queue().enqueue({
        task_type: "u",
        depends_on: ids.slice(0, 19).map((task_id) => ({ task_id })),
      });
      await hold(waiting);
      expect(await value(client(), `SELECT tasks.${duty}(3)`)).toBe(1);
      await holder.query("ROLLBACK; BEGIN");
      await holder.query("SELECT FROM tasks.queue WHERE task_id = ANY ($1::UUID[]) FOR UPDATE", [
        ids.slice(0, 18),
      ]);
      expect(await value(client(), `SELECT tasks.${duty}(3)`)).toBe(1);
      await holder.query("ROLLBACK");
    }
  });

  it("ends the others when an attempt cannot be ended at all", async () => {
    const ids = await abandoned();
    await client().query("DELETE FROM tasks.executions");
    // As an agent that was removed by force, behind the triggers.
    await client().query("UPDATE tasks.leases SET agent_id = gen_random_uuid() WHERE task_id = $1", [ids[3]]);
    expect(await value(client(), "SELECT tasks.expire_leases()")).toBe(19);
    await client().query("DELETE FROM tasks.leases");
  });

  it("looks again at what others' transactions could not see, but for what somebody holds", async () => {
    const [one = "", two = ""] = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    const claimed = await queue().claim("t", 2);
    const old = await database().connect();
    await old.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await old.query("SELECT FROM tasks.queue LIMIT 1");
    const [first = "", second = ""] = await queue().enqueue(
      { task_type: "u", depends_on: [{ task_id: one }] },
      { task_type: "u", depends_on: [{ task_id: two }] },
    );
    await taskQueue(old, ada).complete(...claimed);
    await old.query("COMMIT");
    await hold(first);
    await value(client(), "SELECT tasks.catch_up()");
    expect(await queue().statuses(first, second)).toEqual(["queued", "pending"]);
    await holder.query("ROLLBACK");
    await value(client(), "SELECT tasks.catch_up()");
    expect(await queue().statuses(first, second)).toEqual(["pending", "pending"]);
  });
});
