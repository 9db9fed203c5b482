import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);

describe.each(clusters())("two who change tasks at once on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  let other: Client;
  const beside = () => taskQueue(other, ada);

  /** Does the first in a transaction, the second meanwhile, and ends the transaction when the second waits for it. */
  async function meanwhile<T>(first: () => Promise<unknown>, second: () => Promise<T>): Promise<T> {
    await client().query("BEGIN");
    await first();
    const pid = await value(other, "SELECT pg_backend_pid()");
    let isDone = false;
    const ended = second().finally(() => {
      isDone = true;
    });
    while (!isDone && (await value(client(), "SELECT cardinality(pg_blocking_pids($1))", [pid])) === 0);
    await client().query("COMMIT");
    return await ended;
  }
  const add = (on: Client, waiting: string, task: string) =>
    on.query("SELECT tasks.wait_for($1, $2)", [
      waiting,
      JSON.stringify([{ waiting_task_id: waiting, task_id: task }]),
    ]);

  beforeAll(async () => {
    await client().query(fixtures);
    other = await database().connect();
  });
  beforeEach(async () => {
    await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
  });

  it("let a paused task go on that is resumed while what it waits for is completed", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t" });
    const [second = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: first }] });
    await queue().hold("pause", second);
    const claimed = await queue().claim("t");
    await meanwhile(
      () => queue().complete(...claimed),
      () => beside().hold("resume", second),
    );
    expect(await queue().statuses(second)).toEqual(["pending"]);
  });

  it("let a paused task go on whose turn comes while it is resumed", async () => {
    const [, second = ""] = await queue().enqueue(
      { task_type: "t", order_key: "k" },
      { task_type: "t", order_key: "k" },
    );
    await queue().hold("pause", second);
    const claimed = await queue().claim("t");
    await meanwhile(
      () => queue().complete(...claimed),
      () => beside().hold("resume", second),
    );
    expect(await queue().statuses(second)).toEqual(["pending"]);
  });

  it("do not settle what is redriven while the upkeep looks at it again", async () => {
    const [ended = ""] = await queue().enqueue({ task_type: "t", order_key: "k", unique_key: "u" });
    const [waiting = ""] = await queue().enqueue({
      task_type: "u",
      depends_on: [{ task_id: ended, on_failure: "wait" }],
    });
    await queue().end("cancel", ended);
    await client().query("INSERT INTO tasks.unsettled (task_id) VALUES ($1)", [ended]);
    await meanwhile(
      async () => {
        await client().query("UPDATE tasks.queue SET priority = 'high' WHERE task_id = $1", [waiting]);
        await queue().end("redrive", ended);
      },
      () => other.query("SELECT tasks.catch_up()"),
    );
    await other.query("SELECT tasks.catch_up()");
    const [behind = ""] = await queue().enqueue({ task_type: "t", order_key: "k" });
    expect(await queue().statuses(ended, behind)).toEqual(["pending", "queued"]);
    expect(await queue().enqueue({ task_type: "t", unique_key: "u" })).toEqual([ended]);
  });

  it("enqueue one id under two types: each is done, one after the other, and no claim fails", async () => {
    const id = randomUUID();
    await client().query("BEGIN");
    await queue().enqueue({ task_type: "t", task_id: id });
    await beside().enqueue({ task_type: "u", task_id: id });
    await client().query("COMMIT");
    await queue().enqueue({ task_type: "u" });
    const first = await queue().claim("t", 5);
    expect(first).toMatchObject([{ id }]);
    expect(await queue().claim("u", 5)).toHaveLength(1);
    await queue().complete(...first);
    expect(await queue().claim("u", 5)).toMatchObject([{ id }]);
  });

  it("let a cancelled task go on that is redriven while what it waits for is completed", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t" });
    const [second = ""] = await queue().enqueue({ task_type: "u", depends_on: [{ task_id: first }] });
    await queue().end("cancel", second);
    const claimed = await queue().claim("t");
    await meanwhile(
      () => queue().complete(...claimed),
      () => beside().end("redrive", second),
    );
    expect(await queue().statuses(second)).toEqual(["pending"]);
  });

  it.each(["fail", "release"] as const)(
    "cancel a task for good whose worker is in the middle of %s",
    async (how) => {
      const [id = ""] = await queue().enqueue({ task_type: "t" });
      const claimed = await queue().claim("t");
      const ids = claimed.map((task) => task.id);
      const tokens = claimed.map(({ token }) => token);
      const outcome = await meanwhile(
        () =>
          how === "fail"
            ? queue().fail(...claimed)
            : client().query("SELECT tasks.release($1, $2)", [ids, tokens]),
        () => beside().end("cancel", id),
      );
      expect([outcome, await queue().statuses(id)]).toEqual([["cancelled"], ["cancelled"]]);
    },
  );

  it("ask the worker to stop whose claim is under way while the task is cancelled", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    const outcome = await meanwhile(
      () => queue().claim("t"),
      () => beside().end("cancel", id),
    );
    expect(outcome).toEqual(["requested"]);
    expect(await value(client(), "SELECT cancel_requested FROM tasks.running")).toBe(true);
  });

  it("close no circle of dependencies between them", async () => {
    const [a = "", b = "", c = "", d = ""] = await queue().enqueue(
      ...Array.from({ length: 4 }, () => ({ task_type: "t" })),
    );
    await add(client(), b, c);
    await add(client(), d, a);
    const refusal = await meanwhile(
      () => add(client(), a, b),
      () => refusalOf(add(other, c, d)),
    );
    expect(refusal).toMatchObject({ code: "23514", constraint: "no_dependency_cycle" });
    expect(await queue().statuses(a, b, c, d)).toEqual(["queued", "queued", "pending", "queued"]);
  });
});
