import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);

describe.each(clusters())("tasks that are pruned on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  let pruner: Client;

  beforeAll(async () => {
    await client().query(fixtures);
    pruner = await database().connect();
    // Lets tests hold whoever looks at the queue as the role of applications just after the look has begun.
    await client().query(`
      CREATE FUNCTION public.passes_gate() RETURNS BOOLEAN LANGUAGE sql AS $$
        SELECT pg_advisory_xact_lock_shared(42) IS NOT NULL
      $$;
      CREATE POLICY gate ON tasks.queue USING (public.passes_gate());
      ALTER TABLE tasks.queue ENABLE ROW LEVEL SECURITY;
    `);
    await pruner.query("SET ROLE app_primary");
  });
  beforeEach(async () => {
    await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
  });

  /** Tasks that ended eight days ago. */
  async function ended(how: "completed" | "failed", count: number): Promise<string[]> {
    const ids = await queue().enqueue(
      ...Array.from({ length: count }, () => ({ task_type: "t", max_retries: 0 })),
    );
    const claimed = await queue().claim("t", count);
    await (how === "completed" ? queue().complete(...claimed) : queue().fail(...claimed));
    await age(ids);
    return ids;
  }
  const age = (ids: readonly string[]) =>
    client().query(
      `UPDATE tasks.queue SET created_at = now() - INTERVAL '9 days', started_at = NULL,
         completed_at = now() - INTERVAL '8 days' WHERE task_id = ANY ($1)`,
      [ids],
    );
  const prune = async (on: Client) => await value(on, "SELECT tasks.prune('7 days')");

  /** Does something after a prune has begun to look at the queue, and before it locks what it takes. Returns how many it took. */
  async function whilePruning(work: () => Promise<unknown>): Promise<unknown> {
    const pid = await value(pruner, "SELECT pg_backend_pid()");
    await client().query("SELECT pg_advisory_lock(42)");
    const pruning = prune(pruner);
    try {
      while ((await value(client(), "SELECT cardinality(pg_blocking_pids($1))", [pid])) === 0);
      await work();
    } finally {
      await client().query("SELECT pg_advisory_unlock(42)");
    }
    return await pruning;
  }

  it("stay when a task begins to wait for them meanwhile, which waits on", async () => {
    const [failed = "", other = ""] = await ended("failed", 2);
    let waiting: string[] = [];
    const pruned = await whilePruning(async () => {
      waiting = await queue().enqueue({
        task_type: "u",
        depends_on: [{ task_id: failed, on_failure: "wait" }],
      });
    });
    expect(pruned).toBe(1);
    expect(await queue().statuses(failed, other)).toEqual(["failed"]);
    expect(await queue().statuses(...waiting)).toEqual(["queued"]);
    expect(
      await value(client(), "SELECT count(*)::INT FROM tasks.dependencies WHERE task_id = $1", waiting),
    ).toBe(1);
  });

  it("stay when they become a parent meanwhile, and the others go", async () => {
    const [parent = "", other = ""] = await ended("completed", 2);
    const pruned = await whilePruning(() => queue().enqueue({ task_type: "u", parent_task_id: parent }));
    expect(pruned).toBe(1);
    expect(await queue().statuses(parent, other)).toEqual(["completed"]);
  });

  it("stay for as long as one may begin anew that was cancelled for them, which is cancelled again then", async () => {
    const [failed = ""] = await ended("failed", 1);
    const [doomed = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: failed }] });
    expect(await queue().statuses(doomed)).toEqual(["cancelled"]);
    expect(await prune(client())).toBe(0);
    expect(await queue().end("redrive", doomed)).toEqual([
      "cancelled again: a task that it waits for failed or was cancelled",
    ]);
    await age([doomed]);
    expect([await prune(client()), await prune(client()), await prune(client())]).toEqual([1, 1, 0]);
    expect(await queue().statuses(failed, doomed)).toEqual([]);
  });

  it("go when all that waited for them are completed", async () => {
    const [first = ""] = await ended("completed", 1);
    const [second = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: first }] });
    await queue().complete(...(await queue().claim("u")));
    expect(await prune(client())).toBe(1);
    expect(await queue().statuses(first, second)).toEqual(["completed"]);
  });
});
