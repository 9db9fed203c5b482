import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);

type End = "completed" | "failed" | "cancelled";

/** What becomes of a task that waits for another, by the kind of the dependency, its policy and the other's end. */
const outcomes: readonly (readonly [string, string, End, string])[] = [
  ...(["completion", "data"] as const).flatMap((kind) => [
    [kind, "cancel", "completed", "pending"] as const,
    [kind, "cancel", "failed", "cancelled"] as const,
    [kind, "cancel", "cancelled", "cancelled"] as const,
    [kind, "ignore", "failed", "pending"] as const,
    [kind, "wait", "failed", "queued"] as const,
    [kind, "wait", "cancelled", "queued"] as const,
  ]),
  ["resource", "cancel", "completed", "pending"],
  ["resource", "cancel", "failed", "pending"],
  ["resource", "wait", "cancelled", "pending"],
  ["start", "cancel", "completed", "pending"],
  ["start", "cancel", "cancelled", "cancelled"],
  ["start", "ignore", "cancelled", "pending"],
  ["start", "wait", "cancelled", "queued"],
];

describe.each(clusters())("a task that waits for another on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);

  /** A task, and one that waits for it. */
  async function pair(dependency: Readonly<Record<string, string>> = {}): Promise<[string, string]> {
    const [first = ""] = await queue().enqueue({ task_type: "t", max_retries: 0 });
    const [second = ""] = await queue().enqueue({
      task_type: "t",
      depends_on: [{ task_id: first, ...dependency }],
    });
    return [first, second];
  }
  async function end(id: string, how: End): Promise<void> {
    if (how === "cancelled") await queue().end("cancel", id);
    else if (how === "failed") await queue().fail(...(await queue().claim("t")));
    else await queue().complete(...(await queue().claim("t")));
  }

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
  });

  it.each(outcomes)(
    "by %s with the policy %s, and the other is %s: is %s",
    async (type, on_failure, how, status) => {
      const [first, second] = await pair({ type, on_failure });
      expect(await queue().statuses(second)).toEqual(["queued"]);
      await end(first, how);
      expect(await queue().statuses(first, second)).toEqual([how, status]);
      expect((await queue().claim("t", 5)).map(({ id }) => id)).toEqual(status === "pending" ? [second] : []);
    },
  );

  it("goes on at the start of the other where it waits for that", async () => {
    const [first, second] = await pair({ type: "start" });
    expect(await queue().claim("t", 1)).toMatchObject([{ id: first }]);
    expect(await queue().claim("t", 1)).toMatchObject([{ id: second }]);
  });

  it("waits while the other is tried again", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t", max_retries: 1 });
    const [second = ""] = await queue().enqueue({ task_type: "t", depends_on: [{ task_id: first }] });
    expect(await queue().fail(...(await queue().claim("t", 5)))).toEqual(["pending"]);
    expect(await queue().statuses(second)).toEqual(["queued"]);
  });

  it("waits for all of several, also when the last two end at once", async () => {
    const ids = await queue().enqueue({ task_type: "t" }, { task_type: "t" }, { task_type: "t" });
    const [last = ""] = await queue().enqueue({
      task_type: "u",
      depends_on: ids.map((task_id) => ({ task_id })),
    });
    const claimed = await queue().claim("t", 3);
    await queue().complete(...claimed.slice(0, 1));
    expect(await queue().statuses(last)).toEqual(["queued"]);
    const workers = await Promise.all([database().connect(), database().connect()]);
    await Promise.all(
      workers.map((worker, n) => taskQueue(worker, ada).complete(...claimed.slice(n + 1, n + 2))),
    );
    expect(await queue().statuses(last)).toEqual(["pending"]);
  });

  it("is cancelled with a whole chain behind it", async () => {
    const [first, second] = await pair();
    const [third = ""] = await queue().enqueue({ task_type: "t", depends_on: [{ task_id: second }] });
    await queue().end("cancel", first);
    expect(await queue().statuses(second, third)).toEqual(["cancelled", "cancelled"]);
  });

  it("may be enqueued when the other has ended already", async () => {
    const [first = ""] = await queue().enqueue({ task_type: "t" });
    await end(first, "completed");
    const [second = ""] = await queue().enqueue({ task_type: "t", depends_on: [{ task_id: first }] });
    expect(await queue().statuses(second)).toEqual(["pending"]);
  });

  it.each(["dependencies", "queue"])(
    "goes on when what it waits for is removed from tasks.%s",
    async (table) => {
      const [first, second] = await pair();
      await client().query(
        table === "queue"
          ? "DELETE FROM tasks.queue WHERE task_id = $1"
          : "DELETE FROM tasks.dependencies WHERE depends_on_task_id = $1",
        [first],
      );
      expect(await queue().statuses(second)).toEqual(["pending"]);
    },
  );

  it("may be told to wait later, until somebody works on it", async () => {
    const [first = "", second = ""] = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    const waitFor = (id: string, on: string) =>
      value(client(), "SELECT tasks.wait_for($1, $2)", [
        id,
        JSON.stringify([{ waiting_task_id: id, task_id: on }]),
      ]);
    expect(await waitFor(first, second)).toBe(true);
    expect(await queue().claim("t", 5)).toMatchObject([{ id: second }]);
    expect(await waitFor(second, first)).toBe(false);
  });

  it("is refused where it would wait for itself, over any number of others, or for nothing", async () => {
    const [first, second] = await pair();
    const [third = ""] = await queue().enqueue({ task_type: "t", depends_on: [{ task_id: second }] });
    const circle = JSON.stringify([{ waiting_task_id: first, task_id: third }]);
    expect(await refusalOf(client().query("SELECT tasks.add_dependencies($1)", [circle]))).toMatchObject({
      code: "23514",
      constraint: "no_dependency_cycle",
      message: `task ${first} would wait for itself`,
    });
    const nothing = "00000000-0000-4000-8000-0000000000ff";
    expect(
      await refusalOf(queue().enqueue({ task_type: "t", depends_on: [{ task_id: nothing }] })),
    ).toMatchObject({ code: "23503", message: `task ${nothing} does not exist, so none can wait for it` });
  });

  it("keeps what it waits for from being pruned", async () => {
    const [first, second] = await pair({ on_failure: "wait" });
    await end(first, "failed");
    await client().query(
      "UPDATE tasks.queue SET created_at = now() - INTERVAL '9 days', started_at = NULL, completed_at = now() - INTERVAL '8 days' WHERE task_id = $1",
      [first],
    );
    expect(await value(client(), "SELECT tasks.prune('7 days')")).toBe(0);
    await queue().end("redrive", first);
    await end(first, "completed");
    expect(await queue().statuses(second)).toEqual(["pending"]);
  });
});
