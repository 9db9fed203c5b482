import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);
const circle = { code: "23514", constraint: "no_dependency_cycle" };

describe.each(clusters())("a circle of tasks on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  const ids = (count: number) => Array.from({ length: count }, () => randomUUID());
  const after = (...tasks: readonly string[]) => tasks.map((task_id) => ({ task_id, on_failure: "wait" }));
  const waitFor = (waiting: string, task: string) =>
    client().query("SELECT tasks.wait_for($1, $2)", [
      waiting,
      JSON.stringify([{ waiting_task_id: waiting, task_id: task }]),
    ]);
  const failNext = async (type: string) =>
    expect(await queue().fail(...(await queue().claim(type)))).toEqual(["failed"]);

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
  });

  it("is refused among the tasks of one call, whichever comes first, and names one in it", async () => {
    const [a = "", b = "", c = "", waits = ""] = ids(4);
    const refused = await refusalOf(
      queue().enqueue(
        { task_id: waits, task_type: "t", depends_on: after(a) },
        { task_id: a, task_type: "t", depends_on: after(b) },
        { task_id: b, task_type: "t", depends_on: after(c) },
        { task_id: c, task_type: "t", depends_on: after(a) },
      ),
    );
    expect(refused).toMatchObject(circle);
    expect([a, b, c].some((id) => refused?.message.includes(id))).toBe(true);
  });

  it("is none where tasks of one call wait for later ones", async () => {
    const chain = ids(200);
    await queue().enqueue(
      ...chain.map((task_id, at) => ({
        task_id,
        task_type: "t",
        ...(at < 199 && { depends_on: after(...new Set([chain[at + 1] as string, chain[199] as string])) }),
      })),
    );
    expect(await queue().claim("t", 5)).toMatchObject([{ id: chain[199] }]);
  });

  it("is refused where a part of it is the line of an order key", async () => {
    const [first = "", second = ""] = ids(2);
    expect(
      await refusalOf(
        queue().enqueue(
          { task_id: first, task_type: "t", order_key: "k", depends_on: after(second) },
          { task_id: second, task_type: "t", order_key: "k" },
        ),
      ),
    ).toMatchObject(circle);
    // The other way round it says what the line says.
    await queue().enqueue(
      { task_id: first, task_type: "t", order_key: "k" },
      { task_id: second, task_type: "t", order_key: "k", depends_on: after(first) },
    );
    expect(await queue().claim("t", 5)).toMatchObject([{ id: first }]);
  });

  it("is refused where a task is told to wait for one that stands behind it, over other lines, too", async () => {
    const line = (type: string) => ({ task_type: type, order_key: "k" });
    const [t1 = "", t2 = ""] = await queue().enqueue(line("t"), line("t"));
    expect(await refusalOf(waitFor(t1, t2))).toMatchObject({
      ...circle,
      message: `task ${t1} would wait for itself`,
    });
    const [u1 = "", u2 = ""] = await queue().enqueue(line("u"), { ...line("u"), depends_on: after(t2) });
    await waitFor(u1, t1);
    expect(await refusalOf(waitFor(t1, u2))).toMatchObject(circle);
    expect(await refusalOf(waitFor(t1, u1))).toMatchObject(circle);
    const claimed = [];
    for (const type of ["t", "u", "t", "u"]) {
      const next = await queue().claim(type, 5);
      claimed.push(...next.map(({ id }) => id));
      await queue().complete(...next);
    }
    expect(claimed).toEqual([t1, u1, t2, u2]);
  });

  it("is not closed by one that comes back to its line: who waits for it goes behind it, in order", async () => {
    const line = { task_type: "t", order_key: "k", max_retries: 0 };
    const [first = ""] = await queue().enqueue(line);
    const [second = "", other = "", third = ""] = await queue().enqueue(
      { ...line, depends_on: after(first) },
      { task_type: "u", depends_on: after(first) },
      { ...line },
    );
    await queue().enqueue({ task_type: "u", order_key: "k", depends_on: after(third) });
    await failNext("t");
    expect(await queue().claim("t", 5)).toEqual([]);
    expect(await queue().end("redrive", first)).toEqual(["redriven"]);
    for (const id of [first, second, third]) {
      const claimed = await queue().claim("t", 5);
      expect(claimed).toMatchObject([{ id }]);
      await queue().complete(...claimed);
    }
    expect(await queue().statuses(other)).toEqual(["pending"]);
  });

  it("is not closed by several that come back at once, in whatever order", async () => {
    const line = { task_type: "t", order_key: "k", max_retries: 0 };
    const [first = "", second = "", third = ""] = await queue().enqueue(line, line, line);
    await queue().hold("pause", second, third);
    await waitFor(second, first);
    await waitFor(third, second);
    await queue().end("cancel", third, second, first);
    await queue().end("redrive", third, second, first);
    for (const id of [first, second, third]) {
      const claimed = await queue().claim("t", 5);
      expect(claimed).toMatchObject([{ id }]);
      await queue().complete(...claimed);
    }
  });

  it("is not closed by one that comes back to its line by hand, which passes nobody who runs", async () => {
    const line = { task_type: "t", order_key: "k", max_retries: 0 };
    const [first = ""] = await queue().enqueue(line);
    const [second = "", third = ""] = await queue().enqueue(
      { ...line, depends_on: [{ task_id: first, on_failure: "ignore" }] },
      { ...line, depends_on: after(first) },
    );
    await failNext("t");
    const running = await queue().claim("t", 5);
    expect(running).toMatchObject([{ id: second }]);
    await client().query(
      "UPDATE tasks.queue SET status = 'pending', completed_at = NULL WHERE task_id = $1",
      [first],
    );
    expect(await queue().claim("t", 5)).toEqual([]);
    await queue().complete(...running);
    for (const id of [first, third]) {
      const claimed = await queue().claim("t", 5);
      expect(claimed).toMatchObject([{ id }]);
      await queue().complete(...claimed);
    }
  });

  it.each(["is paused and resumed", "is told to wait for another, too"])(
    "is not closed by one that passed what came back, and %s",
    async (what) => {
      const line = { task_type: "t", order_key: "k", max_retries: 0 };
      const [first = ""] = await queue().enqueue(line);
      const [second = ""] = await queue().enqueue({
        ...line,
        depends_on: [{ task_id: first, on_failure: "ignore" }],
      });
      await failNext("t");
      await queue().end("redrive", first);
      expect(await queue().statuses(first, second)).toEqual(["queued", "pending"]);
      if (what.startsWith("is paused")) {
        await queue().hold("pause", second);
        await queue().hold("resume", second);
      } else {
        const [other = ""] = await queue().enqueue({ task_type: "u" });
        await waitFor(second, other);
        await queue().complete(...(await queue().claim("u")));
      }
      for (const id of [first, second]) {
        const claimed = await queue().claim("t", 5);
        expect(claimed).toMatchObject([{ id }]);
        await queue().complete(...claimed);
      }
    },
  );

  it("is not closed by one that waits again for what came back behind who waits for it", async () => {
    const [x = ""] = await queue().enqueue({ task_type: "t", order_key: "k" });
    const [m = ""] = await queue().enqueue({
      task_type: "u",
      depends_on: [{ task_id: x, on_failure: "ignore" }],
    });
    await queue().end("cancel", x);
    const [a = ""] = await queue().enqueue({ task_type: "t", order_key: "k", depends_on: after(m) });
    await queue().end("redrive", x);
    await queue().end("cancel", m);
    await queue().end("redrive", m);
    for (const [type, id] of [
      ["t", x],
      ["u", m],
      ["t", a],
    ] as const) {
      const claimed = await queue().claim(type, 5);
      expect(claimed).toMatchObject([{ id }]);
      await queue().complete(...claimed);
    }
  });

  it("is refused by what would come back into it over the line of another key", async () => {
    // z waits for b, which waits in the line of another key behind a, which depends on m.
    const [m = "", a = "", b = ""] = await queue().enqueue(
      { task_type: "m" },
      { task_type: "l", order_key: "l" },
      { task_type: "l", order_key: "l" },
    );
    const [z = ""] = await queue().enqueue({ task_type: "z", depends_on: after(b) });
    await queue().hold("pause", a);
    await queue().end("cancel", m);
    await waitFor(a, m).catch(() => undefined);
    const dependency = (task: string, on: string) =>
      client().query(
        `INSERT INTO tasks.dependencies (task_id, depends_on_task_id, on_failure) VALUES ($1, $2, 'wait')
         ON CONFLICT (task_id, depends_on_task_id) DO UPDATE SET on_failure = 'wait'`,
        [task, on],
      );
    // By hand, as no call would.
    await dependency(a, m);
    await dependency(m, z);
    expect(await queue().end("redrive", m)).toEqual([expect.stringMatching(/^it would wait for itself: /)]);
    expect(await queue().statuses(m)).toEqual(["cancelled"]);
    const [free = ""] = await queue().enqueue({ task_type: "f" });
    await queue().end("cancel", free);
    expect(await queue().end("redrive", m, free)).toEqual([
      expect.stringMatching(/^it would wait for itself: /),
      "redriven",
    ]);
  });

  it("costs nobody a turn who closes none", async () => {
    const other = await database().connect();
    const [waiting = "", waited = ""] = await queue().enqueue({ task_type: "v" }, { task_type: "v" });
    await other.query("BEGIN");
    await other.query("SELECT tasks.wait_for($1, $2)", [
      waiting,
      JSON.stringify([{ waiting_task_id: waiting, task_id: waited }]),
    ]);
    const [keyed = ""] = await queue().enqueue({ task_type: "t", order_key: "k" });
    await queue().end("cancel", keyed);
    await client().query("SET lock_timeout = '1 s'");
    expect(await queue().end("redrive", keyed)).toEqual(["redriven"]);
    await client().query("RESET lock_timeout");
    await other.query("ROLLBACK");
  });

  it("is looked for without a walk over what waits already", async () => {
    const chain = ids(500);
    await queue().enqueue(
      ...chain.map((task_id, at) => ({
        task_id,
        task_type: "t",
        ...(at > 0 && { depends_on: after(chain[at - 1] as string) }),
      })),
    );
    const scans = async () =>
      Number(
        await value(
          client(),
          "SELECT idx_scan + seq_scan FROM pg_stat_xact_user_tables WHERE relid = 'tasks.dependencies'::REGCLASS",
        ),
      );
    await client().query("BEGIN");
    const before = await scans();
    await queue().enqueue({ task_type: "t", depends_on: after(chain[499] as string) });
    const walked = (await scans()) - before;
    await client().query("COMMIT");
    expect(walked).toBeGreaterThan(0);
    expect(walked).toBeLessThan(20);
  });
});
