import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ada as adaSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { taskQueue } from "../support/task-queue.ts";
import { backendOf, untilWaiting } from "../support/waiting.ts";

const ada = adaSql.slice(1, -1);
const other = "00000000-0000-4000-8000-0000000000e1";

describe.each(clusters())("the keys of tasks on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  const inLine = (key: string, n: number) =>
    Array.from({ length: n }, () => ({ task_type: "t", order_key: key }));

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query("DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases");
  });

  describe("a unique key", () => {
    const unique = { task_type: "t", unique_key: "k" };

    it("gives the work to the task that has it, until that ends", async () => {
      const [first = ""] = await queue().enqueue(unique);
      expect(
        await queue().rows("SELECT task_id, is_new FROM tasks.enqueue($1)", [JSON.stringify([unique])]),
      ).toEqual([{ task_id: first, is_new: false }]);
      const claimed = await queue().claim("t", 5);
      expect(claimed).toHaveLength(1);
      expect(await queue().enqueue(unique)).toEqual([first]);
      await queue().complete(...claimed);
      expect(await queue().enqueue(unique)).not.toEqual([first]);
    });

    it("is one task's within one call, and another one's of another type", async () => {
      const [a, b, c] = await queue().enqueue(unique, unique, { ...unique, task_type: "u" });
      expect(a).toBe(b);
      expect(c).not.toBe(a);
    });

    it("is one task's when many ask at once", async () => {
      const producers = await Promise.all(Array.from({ length: 6 }, () => database().connect()));
      const given = await Promise.all(producers.map((producer) => taskQueue(producer, ada).enqueue(unique)));
      expect(new Set(given.flat()).size).toBe(1);
      expect(await queue().claim("t", 10)).toHaveLength(1);
    });

    it("waits for whoever is just taking it, and is free again when they give up", async () => {
      const producer = await database().connect();
      await client().query("BEGIN");
      const [first] = await queue().enqueue(unique);
      const backend = await backendOf(producer);
      const waiting = taskQueue(producer, ada).enqueue(unique);
      await untilWaiting(await database().connect(), backend);
      await client().query("ROLLBACK");
      expect(await waiting).not.toEqual([first]);
    });

    it("is refused to a second task that is inserted by hand", async () => {
      const [first] = await queue().enqueue(unique);
      const refusal = await refusalOf(
        client().query("INSERT INTO tasks.queue (task_type, unique_key) VALUES ('t', 'k')"),
      );
      expect(refusal).toMatchObject({
        code: "23505",
        message: `task ${first} of type t has the unique key k already`,
      });
    });

    it("is free when its task is cancelled, buried or removed", async () => {
      const [cancelled = ""] = await queue().enqueue(unique);
      await queue().end("cancel", cancelled);
      const [buried = ""] = await queue().enqueue({ ...unique, max_retries: 0 });
      await queue().fail(...(await queue().claim("t")));
      const [removed = ""] = await queue().enqueue(unique);
      await client().query("DELETE FROM tasks.queue WHERE task_id = $1", [removed]);
      const [last = ""] = await queue().enqueue(unique);
      expect(new Set([cancelled, buried, removed, last]).size).toBe(4);
      expect(await queue().end("redrive", buried, cancelled)).toEqual([
        "its unique key is taken",
        "its unique key is taken",
      ]);
    });

    it("stays free when a call is made again whose task has ended since", async () => {
      const task = { ...unique, task_id: other };
      await queue().enqueue(task);
      await queue().complete(...(await queue().claim("t")));
      expect(await queue().enqueue(task)).toEqual([other]);
      expect(await queue().enqueue(unique)).not.toEqual([other]);
      expect(await queue().claim("t", 5)).toHaveLength(1);
    });
  });

  describe("an order key", () => {
    it("lets one task run at a time, in the order in which they came, whatever their priority", async () => {
      const ids = await queue().enqueue(...inLine("a", 2), { ...inLine("a", 1)[0], priority: "critical" });
      for (const id of ids) {
        const claimed = await queue().claim("t", 5);
        expect(claimed).toMatchObject([{ id }]);
        await queue().complete(...claimed);
      }
      expect(await queue().claim("t", 5)).toEqual([]);
    });

    it("holds nobody up who has another key or none", async () => {
      await queue().enqueue(...inLine("a", 2), ...inLine("b", 2), { task_type: "t" });
      expect(await queue().claim("t", 9)).toHaveLength(3);
    });

    it("keeps the place of a task that fails and is tried again", async () => {
      const [first, second] = await queue().enqueue(...inLine("a", 2));
      await queue().fail(...(await queue().claim("t", 5)));
      const again = await queue().claim("t", 5);
      expect(again).toMatchObject([{ id: first }]);
      await queue().complete(...again);
      expect(await queue().claim("t", 5)).toMatchObject([{ id: second }]);
    });

    it.each([
      ["is cancelled", (id: string) => queue().end("cancel", id)],
      ["is removed", (id: string) => client().query("DELETE FROM tasks.queue WHERE task_id = $1", [id])],
    ])("goes on with the next when the first %s", async (_, end) => {
      const [first = "", second] = await queue().enqueue(...inLine("a", 2));
      await end(first);
      expect(await queue().claim("t", 5)).toMatchObject([{ id: second }]);
    });

    it("waits for its first task while that is paused", async () => {
      const [first = ""] = await queue().enqueue(...inLine("a", 2));
      await queue().hold("pause", first);
      expect(await queue().claim("t", 5)).toEqual([]);
      await queue().hold("resume", first);
      expect(await queue().claim("t", 5)).toMatchObject([{ id: first }]);
    });

    it("is kept by tasks that are inserted by hand", async () => {
      await client().query("INSERT INTO tasks.queue (task_type, order_key) VALUES ('t', 'a')");
      await client().query("INSERT INTO tasks.queue (task_type, order_key) VALUES ('t', 'a')");
      expect(await queue().claim("t", 5)).toHaveLength(1);
    });

    it("puts a redriven task at the end of its line", async () => {
      const [first = "", second = ""] = await queue().enqueue(...inLine("a", 2));
      await queue().end("cancel", first);
      await queue().end("redrive", first);
      const next = await queue().claim("t", 5);
      expect(next).toMatchObject([{ id: second }]);
      await queue().complete(...next);
      expect(await queue().claim("t", 5)).toMatchObject([{ id: first }]);
    });

    it("never has two at work, however many enqueue and claim at once", async () => {
      const people = await Promise.all(Array.from({ length: 4 }, () => database().connect()));
      const keys = ["a", "b", "c"];
      await Promise.all(
        people.map((person) =>
          taskQueue(person, ada).enqueue(...[...keys, ...keys].flatMap((key) => inLine(key, 1))),
        ),
      );
      const atWork = new Map<string, number>();
      let most = 0;
      let done = 0;
      await Promise.all(
        people.map(async (person) => {
          const mine = taskQueue(person, ada);
          while (done < 24) {
            for (const claimed of await mine.claim("t", 2)) {
              const key = String(
                await value(person, "SELECT order_key FROM tasks.queue WHERE task_id = $1", [claimed.id]),
              );
              atWork.set(key, (atWork.get(key) ?? 0) + 1);
              most = Math.max(most, ...atWork.values());
              atWork.set(key, (atWork.get(key) ?? 0) - 1);
              await mine.complete(claimed);
              done++;
            }
          }
        }),
      );
      expect(most).toBe(1);
      expect(await value(client(), "SELECT count(*)::INTEGER FROM tasks.order_queue")).toBe(0);
    });

    it("is forgotten once it is out of use", async () => {
      await queue().enqueue(...inLine("used", 1));
      await queue().enqueue(...inLine("unused", 1));
      await client().query("DELETE FROM tasks.queue WHERE order_key = 'unused'");
      await client().query("UPDATE tasks.order_keys SET last_enqueued_at = now() - INTERVAL '1 hour'");
      await client().query("SELECT tasks.forget_order_keys()");
      expect(await column(client(), "SELECT order_key FROM tasks.order_keys ORDER BY 1")).toEqual(["used"]);
    });
  });

  it("are kept by tasks whose type gets a partition of its own", async () => {
    const [unique, first] = await queue().enqueue(
      { task_type: "moving", unique_key: "k" },
      { task_type: "moving", order_key: "a" },
      { task_type: "moving", order_key: "a" },
    );
    await client().query("SELECT partitions.create_task_type_partition('moving')");
    expect(await queue().enqueue({ task_type: "moving", unique_key: "k" })).toEqual([unique]);
    const claimed = await queue().claim("moving", 5);
    expect(claimed.map(({ id }) => id)).toEqual([unique, first]);
    expect(await queue().complete(...claimed)).toHaveLength(2);
    expect(await queue().claim("moving", 5)).toHaveLength(1);
  });
});
