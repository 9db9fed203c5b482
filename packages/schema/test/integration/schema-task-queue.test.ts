import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { ada as adaSql, bob as bobSql, fixtures } from "../support/constraint-cases.ts";
import { refusalOf } from "../support/refusal.ts";
import { column, value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { type Claimed, taskQueue } from "../support/task-queue.ts";

const ada = adaSql.slice(1, -1);
const bob = bobSql.slice(1, -1);
const nobody = "00000000-0000-4000-8000-0000000000ff";

describe.each(clusters())("the task queue on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;
  const queue = () => taskQueue(client(), ada);
  const count = (table: string) => value(client(), `SELECT count(*)::INTEGER FROM tasks.${table}`);
  const outlive = (id: string) =>
    client().query("UPDATE tasks.leases SET expires_at = now() - INTERVAL '1 second' WHERE task_id = $1", [
      id,
    ]);

  /** A connection whose transaction ends with the test, and on which nothing waits for ever. */
  const another = async () => {
    const connection = await database().connect({ statement_timeout: 5_000 });
    onTestFinished(async () => void (await connection.query("ROLLBACK")));
    return connection;
  };
  const attempts = (claimed: readonly Claimed[]) =>
    column(client(), "SELECT tasks.attempt_of(g.token) FROM unnest($1::BIGINT[]) AS g (token)", [
      claimed.map(({ token }) => token),
    ]);

  beforeAll(async () => {
    await client().query(fixtures);
  });
  beforeEach(async () => {
    await client().query(
      "DELETE FROM tasks.queue; DELETE FROM tasks.ready; DELETE FROM tasks.leases; DELETE FROM tasks.type_limits",
    );
  });

  it("hands out a task that was inserted by hand, and records its completion", async () => {
    await client().query(`INSERT INTO tasks.queue (task_type, payload) VALUES ('t', '{"a": 1}')`);
    const [claimed] = await queue().rows("SELECT * FROM tasks.claim($1, '{x,t}')", [ada]);
    expect(claimed).toMatchObject({ task_type: "t", payload: { a: 1 }, retry_count: 0 });
    expect(await queue().rows("SELECT agent_id, task_type FROM tasks.running")).toEqual([
      { agent_id: ada, task_type: "t" },
    ]);

    await client().query(
      "SELECT tasks.complete(ARRAY[$1::UUID], ARRAY[$2::BIGINT], ARRAY['{\"b\": 2}'::JSONB])",
      [claimed?.["task_id"], claimed?.["fencing_token"]],
    );
    expect(await queue().rows("SELECT status, execution_attempt, result FROM tasks.executions")).toEqual([
      { status: "completed", execution_attempt: 1, result: { b: 2 } },
    ]);
    expect(await column(client(), "SELECT status::TEXT FROM tasks.queue")).toEqual(["completed"]);
    expect([await count("running"), await count("ready")]).toEqual([0, 0]);
  });

  it("hands out the most urgent first, then the oldest", async () => {
    const order = ["low", "normal", "critical", "normal", "urgent", "high"];
    const ids = await queue().enqueue(...order.map((priority) => ({ task_type: "t", priority })));
    const claimed = await queue().claim("t", 10);
    expect(claimed.map(({ id }) => ids.indexOf(id))).toEqual([2, 4, 5, 1, 3, 0]);
  });

  it("keeps a delayed task until its time has come", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t", delay_ms: 3_600_000 });
    expect(await queue().claim("t")).toEqual([]);
    expect(await queue().rows("SELECT ready, delayed FROM tasks.backlog")).toEqual([
      { ready: "0", delayed: "1" },
    ]);
    await client().query("UPDATE tasks.queue SET scheduled_at = now() WHERE task_id = $1", [id]);
    expect(await queue().claim("t")).toMatchObject([{ id }]);
  });

  it("keeps a task that was put off or given to another agent after it was ready", async () => {
    await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    await client().query(
      `UPDATE tasks.queue SET scheduled_at = now() + INTERVAL '1 hour' WHERE ctid = (SELECT min(ctid) FROM tasks.queue)`,
    );
    await client().query("UPDATE tasks.queue SET assigned_agent_id = $1 WHERE scheduled_at IS NULL", [bob]);
    expect(await queue().claim("t", 5)).toEqual([]);
    expect(await queue().claim("t", 5, bob)).toHaveLength(1);
  });

  it("keeps an assigned task for its agent", async () => {
    const [id] = await queue().enqueue({ task_type: "t", assigned_agent_id: bob });
    expect(await queue().claim("t", 5, ada)).toEqual([]);
    expect(await queue().claim("t", 5, bob)).toMatchObject([{ id }]);
  });

  it("never gives a task twice, however many claim at once", async () => {
    const ids = await queue().enqueue(...Array.from({ length: 300 }, () => ({ task_type: "t" })));
    const claimers = await Promise.all(Array.from({ length: 6 }, () => database().connect()));
    const taken = await Promise.all(
      claimers.map(async (claimer) => {
        const mine: string[] = [];
        for (;;) {
          const claimed = await taskQueue(claimer, ada).claim("t", 7);
          if (claimed.length === 0) return mine;
          mine.push(...claimed.map(({ id }) => id));
        }
      }),
    );
    expect(taken.flat().sort()).toEqual([...ids].sort());
  });

  it("gives a task once that stands twice among the ready ones", async () => {
    const ids = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    await client().query(
      "INSERT INTO tasks.ready (task_type, priority, run_at, task_id) SELECT task_type, priority, run_at, task_id FROM tasks.ready",
    );
    const claimed = await queue().claim("t", 10);
    expect(claimed.map(({ id }) => id)).toEqual(ids);
    expect(await queue().claim("t", 10)).toEqual([]);
  });

  it("is not misled by what is ready no longer", async () => {
    const [done = "", gone = "", left = ""] = await queue().enqueue(
      ...Array.from({ length: 3 }, () => ({ task_type: "t" })),
    );
    await client().query("UPDATE tasks.queue SET status = 'cancelled' WHERE task_id = $1", [done]);
    await client().query("DELETE FROM tasks.queue WHERE task_id = $1", [gone]);
    expect(await queue().claim("t", 1)).toMatchObject([{ id: left }]);
    expect(await count("ready")).toBe(0);
  });

  it("takes a task on again whose status is set back by hand", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    await queue().complete(...(await queue().claim("t")));
    await client().query("UPDATE tasks.queue SET status = 'pending' WHERE task_id = $1", [id]);
    const again = await queue().claim("t");
    expect(again).toMatchObject([{ id }]);
    expect(await attempts(again)).toEqual([2]);
    expect(await value(client(), "SELECT completed_at FROM tasks.queue")).toBeNull();
    expect(await queue().complete(...again)).toEqual([id]);
  });

  it("refuses a completion that comes after the lease ran out, and one without the token", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    const late = await queue().claim("t");
    await outlive(id);
    expect(await value(client(), "SELECT tasks.expire_leases()")).toBe(1);
    await client().query("UPDATE tasks.queue SET scheduled_at = NULL WHERE task_id = $1", [id]);
    const second = await queue().claim("t", 1, bob);
    expect(await attempts([...late, ...second])).toEqual([1, 2]);
    const [{ token = "" } = {}] = second;

    expect(await queue().complete(...late)).toEqual([]);
    expect(await queue().fail(...late)).toEqual([]);
    expect(await queue().complete({ id, token: `${BigInt(token) + 1n}` })).toEqual([]);
    expect(await queue().statuses(id)).toEqual(["running"]);
    expect(await queue().complete(...second)).toEqual([id]);
    expect(
      await column(client(), "SELECT status::TEXT FROM tasks.executions ORDER BY execution_attempt"),
    ).toEqual(["failed", "completed"]);
  });

  it("takes no completion by a claim that a crash has forgotten once the task was claimed again", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    const forgotten = await queue().claim("t");
    // What a crash leaves: the task, its token and what is ready as they were before the claim.
    await client().query(
      "DELETE FROM tasks.leases; UPDATE tasks.queue SET status = 'pending', fencing_token = 0, started_at = NULL",
    );
    await value(client(), "SELECT tasks.repair_ready()");
    const again = await queue().claim("t");
    expect(again).toMatchObject([{ id }]);
    expect(await attempts([...forgotten, ...again])).toEqual([1, 1]);

    expect(await queue().complete(...forgotten)).toEqual([]);
    expect(await queue().fail(...forgotten)).toEqual([]);
    expect(await queue().statuses(id)).toEqual(["running"]);
    expect(await queue().complete(...again)).toEqual([id]);
  });

  it("passes over tasks that another transaction holds, and gives them out when it has ended", async () => {
    const ids = await queue().enqueue(...Array.from({ length: 12 }, () => ({ task_type: "t" })));
    await client().query(
      "INSERT INTO tasks.type_limits (task_type, rate_limit, rate_period) VALUES ('t', 100, '1 day')",
    );
    const holder = await another();
    await holder.query("BEGIN");
    await holder.query("SELECT FROM tasks.queue WHERE task_id = ANY ($1) FOR SHARE", [ids.slice(0, 5)]);
    const claimer = await another();
    const passing = async (limit: number) =>
      (await taskQueue(claimer, ada).claim("t", limit)).map((claimed) => ids.indexOf(claimed.id));

    expect(await passing(2)).toEqual([5, 6]);
    expect([await count("running"), await count("ready")]).toEqual([2, 10]);
    expect(await passing(9)).toEqual([7, 8, 9, 10, 11]);
    expect(await passing(9)).toEqual([]);
    expect(await value(client(), "SELECT round(rate_tokens)::INTEGER FROM tasks.type_limits")).toBe(93);
    await holder.query("COMMIT");
    expect(await passing(9)).toEqual([0, 1, 2, 3, 4]);
    expect([await count("running"), await count("ready")]).toEqual([12, 0]);
  });

  it("leaves to others what it does not claim when it passes tasks over in a transaction that goes on", async () => {
    const ids = await queue().enqueue(...Array.from({ length: 9 }, () => ({ task_type: "t" })));
    const [holder, claimer] = [await another(), await another()];
    await holder.query("BEGIN");
    await holder.query("SELECT FROM tasks.queue WHERE task_id = $1 FOR SHARE", [ids[0]]);
    await claimer.query("BEGIN");
    expect(await taskQueue(claimer, ada).claim("t", 2)).toMatchObject([{ id: ids[1] }, { id: ids[2] }]);
    expect(await queue().claim("t", 9)).toHaveLength(6);
    await claimer.query("ROLLBACK");
    await holder.query("ROLLBACK");
    expect(await queue().claim("t", 9)).toHaveLength(3);
  });

  it("leaves the lock_timeout of a caller as it was, whether or not it passed over a task", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" }, { task_type: "t" }, { task_type: "t" });
    const [holder, claimer] = [await another(), await another()];
    const timeout = () => value(claimer, "SELECT current_setting('lock_timeout')");
    await holder.query("BEGIN");
    await claimer.query("SET lock_timeout = '7s'");
    await claimer.query("BEGIN");
    const mine = taskQueue(claimer, ada);
    const take = async () => [(await mine.claim("t")).length, await timeout()];
    expect([await take(), await timeout()]).toEqual([[1, "7s"], "7s"]);
    await claimer.query("SET LOCAL lock_timeout = '8s'");
    await holder.query(
      "SELECT FROM tasks.queue WHERE status = 'pending' AND task_id <> $1 LIMIT 1 FOR SHARE",
      [id],
    );
    expect([await take(), await take()]).toEqual([
      [1, "8s"],
      [0, "8s"],
    ]);
    await claimer.query("SAVEPOINT before");
    expect(await refusalOf(mine.claim("t", 0))).toMatchObject({ code: "22023" });
    await claimer.query("ROLLBACK TO before");
    expect(await timeout()).toBe("8s");
    await claimer.query("COMMIT");
    expect(await timeout()).toBe("7s");
    await holder.query("ROLLBACK");
  });

  it("marks what it takes with the number of its transaction, not with that of a multixact", async () => {
    await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    const claimer = await another();
    await claimer.query("BEGIN");
    const transaction = await value(claimer, "SELECT pg_current_xact_id()::TEXT");
    await taskQueue(claimer, ada).claim("t", 2);
    // Multixacts count from 1, transactions of a new server from some hundreds, and there are many more of those.
    expect(
      await column(client(), "SELECT r.xmax::TEXT::BIGINT > $1::BIGINT FROM tasks.ready AS r", [transaction]),
    ).toEqual([true, true]);
  });

  it("leaves a lease alone that a heartbeat prolongs", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    const [{ token = "" } = {}] = await queue().claim("t");
    await outlive(id);
    const beat = await queue().rows(
      `SELECT cancel_requested FROM tasks.heartbeat(ARRAY[$1::UUID], ARRAY[$2::BIGINT], '1 minute', ARRAY['{"at": 7}'::JSONB])`,
      [id, token],
    );
    expect(beat).toEqual([{ cancel_requested: false }]);
    expect(await value(client(), "SELECT tasks.expire_leases()")).toBe(0);
    expect(await value(client(), "SELECT progress FROM tasks.running")).toEqual({ at: 7 });
    const wrong = [id, `${BigInt(token) + 1n}`];
    expect(
      await column(client(), "SELECT tasks.heartbeat(ARRAY[$1::UUID], ARRAY[$2::BIGINT])", wrong),
    ).toEqual([]);
  });

  it("tries a failed task again as often as it may, then buries it until it is redriven", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t", max_retries: 1 });
    expect(await queue().fail(...(await queue().claim("t")))).toEqual(["pending"]);
    expect(await queue().rows("SELECT ready, delayed, dead FROM tasks.backlog")).toEqual([
      { ready: "1", delayed: "0", dead: "0" },
    ]);
    expect(await queue().fail(...(await queue().claim("t")))).toEqual(["failed"]);
    expect(await queue().rows("SELECT attempts, error_message FROM tasks.dead_letters")).toEqual([
      { attempts: "2", error_message: "broken" },
    ]);
    expect(await queue().claim("t")).toEqual([]);

    expect(await queue().end("redrive", id, nobody)).toEqual(["redriven", "missing"]);
    expect([await count("dead_letters"), await queue().statuses(id)]).toEqual([0, ["pending"]]);
    expect(await queue().complete(...(await queue().claim("t")))).toEqual([id]);
    expect(await queue().end("redrive", id)).toEqual(["is completed"]);
  });

  it("waits before it tries again, longer each time, and never longer than the configuration says", async () => {
    const delays = await column(
      client(),
      `SELECT tasks.retry_delay_ms('{"retry": {"delay_ms": 100, "factor": 3, "max_delay_ms": 2000}}', n)
       FROM generate_series(0, 4) AS n`,
    );
    for (const [n, longest] of [100, 300, 900, 2000, 2000].entries()) {
      expect(Number(delays[n])).toBeLessThanOrEqual(longest);
      expect(Number(delays[n])).toBeGreaterThanOrEqual(longest * 0.75 - 1);
    }
    await queue().enqueue({ task_type: "t", configuration: { retry: { delay_ms: 3_600_000 } } });
    const [claimed] = await queue().claim("t");
    await client().query("SELECT tasks.fail(ARRAY[$1::UUID], ARRAY[$2::BIGINT], '{x}')", [
      claimed?.id,
      claimed?.token,
    ]);
    expect(await queue().rows("SELECT ready, delayed FROM tasks.backlog")).toEqual([
      { ready: "0", delayed: "1" },
    ]);
  });

  it("does not count an attempt that was given back", async () => {
    const [id] = await queue().enqueue({ task_type: "t", max_retries: 0 });
    const [first] = await queue().claim("t");
    const released = [first?.id, first?.token];
    expect(
      await column(client(), "SELECT tasks.release(ARRAY[$1::UUID], ARRAY[$2::BIGINT])", released),
    ).toEqual([id]);
    expect(await attempts(await queue().claim("t"))).toEqual([2]);
    expect(await queue().rows("SELECT retry_count FROM tasks.queue")).toEqual([{ retry_count: 0 }]);
    expect(await column(client(), "SELECT error_message FROM tasks.executions")).toEqual([
      "given back by its worker",
    ]);
  });

  it("cancels what waits at once, and what runs when its worker has stopped", async () => {
    const [running = "", waiting = ""] = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    const claimed = await queue().claim("t");
    expect(await queue().end("cancel", running, waiting, nobody)).toEqual([
      "requested",
      "cancelled",
      "missing",
    ]);
    expect(await column(client(), "SELECT cancel_requested FROM tasks.running")).toEqual([true]);
    expect(await queue().fail(...claimed)).toEqual(["cancelled"]);
    expect(await queue().statuses(running, waiting)).toEqual(["cancelled", "cancelled"]);
    expect(await queue().end("cancel", running)).toEqual(["already cancelled"]);
    expect([await count("dead_letters"), await queue().claim("t")]).toEqual([0, []]);
  });

  it("holds paused tasks back until they are resumed", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t" });
    expect(await queue().hold("pause", id)).toEqual([id]);
    expect(await queue().claim("t")).toEqual([]);
    expect(await queue().hold("resume", id, nobody)).toEqual([id]);
    expect(await queue().claim("t")).toMatchObject([{ id }]);
    expect(await queue().hold("pause", id)).toEqual([]);
  });

  it("cancels what has expired, also where a worker looked for work first", async () => {
    const ids = await queue().enqueue(
      { task_type: "t", expires_in_ms: 3_600_000 },
      { task_type: "t", expires_in_ms: 3_600_000 },
    );
    await client().query(
      `UPDATE tasks.queue SET created_at = now() - INTERVAL '2 hours', expires_at = now() - INTERVAL '1 hour'`,
    );
    expect(await queue().claim("t", 10)).toEqual([]);
    expect(await value(client(), "SELECT tasks.expire_tasks(1)")).toBe(1);
    expect(await value(client(), "SELECT tasks.expire_tasks()")).toBe(1);
    expect(await queue().statuses(...ids)).toEqual(["cancelled", "cancelled"]);
    expect(await count("ready")).toBe(0);
  });

  it("lets no more of a type run or start than its limits allow", async () => {
    await queue().enqueue(...Array.from({ length: 9 }, () => ({ task_type: "t" })));
    await client().query("INSERT INTO tasks.type_limits (task_type, max_running) VALUES ('t', 3)");
    const others = await Promise.all(Array.from({ length: 3 }, () => database().connect()));
    const first = await Promise.all(others.map((other) => taskQueue(other, ada).claim("t", 2)));
    expect(first.flat()).toHaveLength(3);
    await queue().complete(...first.flat().slice(0, 1));
    expect(await queue().claim("t", 5)).toHaveLength(1);

    await client().query("UPDATE tasks.type_limits SET max_running = NULL, is_paused = TRUE");
    expect(await queue().claim("t", 5)).toEqual([]);
    await client().query(
      "UPDATE tasks.type_limits SET is_paused = FALSE, rate_limit = 2, rate_period = '1 hour'",
    );
    expect(await queue().claim("t", 5)).toHaveLength(2);
    expect(await queue().claim("t", 5)).toEqual([]);
    await client().query("UPDATE tasks.type_limits SET rate_refilled_at = now() - INTERVAL '30 minutes'");
    expect(await queue().claim("t", 5)).toHaveLength(1);
  });

  it("can be pruned of what ended long ago, with its executions, and of nothing else", async () => {
    const [old = "", fresh = "", needed = ""] = await queue().enqueue(
      ...Array.from({ length: 3 }, () => ({ task_type: "t" })),
    );
    await queue().complete(...(await queue().claim("t", 3)));
    await queue().enqueue({ task_type: "t", parent_task_id: needed });
    await client().query(
      `UPDATE tasks.queue SET created_at = now() - INTERVAL '9 days', started_at = NULL,
         completed_at = now() - INTERVAL '8 days'
       WHERE task_id <> $1 AND completed_at IS NOT NULL`,
      [fresh],
    );
    expect(await value(client(), "SELECT tasks.prune('7 days')")).toBe(1);
    expect(await queue().statuses(old, fresh, needed)).toEqual(["completed", "completed"]);
    expect(await column(client(), "SELECT task_id FROM tasks.executions WHERE task_id = $1", [old])).toEqual(
      [],
    );
  });

  it("finds its tasks again when what is ready was lost, or stands under another type", async () => {
    const ids = await queue().enqueue({ task_type: "t" }, { task_type: "t" });
    await client().query("DELETE FROM tasks.ready WHERE task_id = $1", [ids[0]]);
    await client().query("UPDATE tasks.queue SET task_type = 'u' WHERE task_id = $1", [ids[1]]);
    expect(await value(client(), "SELECT tasks.repair_ready()")).toBe(1);
    expect(await value(client(), "SELECT tasks.repair_ready()")).toBe(0);
    expect(await queue().claim("t", 5)).toMatchObject([{ id: ids[0] }]);
    expect(await queue().claim("u", 5)).toMatchObject([{ id: ids[1] }]);
  });

  it("refuses a claim of an agent that does not exist, and keeps the task for the others", async () => {
    const [id] = await queue().enqueue({ task_type: "t" });
    expect(await refusalOf(queue().claim("t", 1, nobody))).toMatchObject({ code: "23503" });
    expect(await queue().claim("t")).toMatchObject([{ id }]);
  });

  it("keeps an agent that works on tasks", async () => {
    await queue().enqueue({ task_type: "t" });
    const worker = await value(
      client(),
      "INSERT INTO agents.registry (agent_type, agent_name) VALUES ('t', 'worker') RETURNING agent_id",
    );
    await queue().claim("t", 1, String(worker));
    const remove = () => client().query("DELETE FROM agents.registry WHERE agent_id = $1", [worker]);
    expect(await refusalOf(remove())).toMatchObject({ code: "23503" });
    await client().query("DELETE FROM tasks.leases");
    expect(await refusalOf(remove())).toBeUndefined();
  });

  it("gets over tasks that were removed or renamed, or configured nonsensically, while somebody had them", async () => {
    const ids = await queue().enqueue(
      { task_type: "t" },
      { task_type: "t" },
      { task_type: "t", configuration: { retry: { delay_ms: "soon", factor: 1e300, max_delay_ms: null } } },
      { task_type: "t", configuration: { retry: "never" } },
    );
    await queue().claim("t", 4);
    await client().query("DELETE FROM tasks.queue WHERE task_id = $1", [ids[0]]);
    await client().query("UPDATE tasks.queue SET task_type = 'u' WHERE task_id = $1", [ids[1]]);
    await client().query("UPDATE tasks.leases SET expires_at = now() - INTERVAL '1 second'");
    expect(await value(client(), "SELECT tasks.expire_leases()")).toBe(3);
    expect(await queue().statuses(...ids)).toEqual(["pending", "pending", "pending"]);
    expect(await count("leases")).toBe(0);
  });

  it("buries a task anew that was dug up by hand, and forgets it when it is well again", async () => {
    const [id = ""] = await queue().enqueue({ task_type: "t", max_retries: 0 });
    await queue().fail(...(await queue().claim("t")));
    await client().query("UPDATE tasks.queue SET status = 'queued' WHERE task_id = $1", [id]);
    await client().query("UPDATE tasks.queue SET status = 'pending' WHERE task_id = $1", [id]);
    expect(await queue().fail(...(await queue().claim("t")))).toEqual(["failed"]);
    expect(await column(client(), "SELECT attempts FROM tasks.dead_letters")).toEqual(["2"]);
    await client().query("UPDATE tasks.queue SET status = 'pending' WHERE task_id = $1", [id]);
    expect(await count("dead_letters")).toBe(0);
  });

  it("writes a claim and a completion beside the row, and into no index", async () => {
    await client().query("SELECT partitions.create_task_type_partition('hot')");
    // So few that their page has room for every version, whether or not the server may clean up meanwhile.
    await queue().enqueue(...Array.from({ length: 5 }, () => ({ task_type: "hot" })));
    const observer = await database().connect();
    const updates = async () => {
      await client().query("SELECT pg_stat_force_next_flush(); SELECT");
      const { rows } = await observer.query(
        "SELECT n_tup_upd::INTEGER AS all, n_tup_hot_upd::INTEGER AS hot FROM pg_stat_user_tables WHERE relid = 'tasks.queue_type_hot'::REGCLASS",
      );
      return rows[0];
    };
    expect(await updates()).toEqual({ all: 0, hot: 0 });
    const claimed = await queue().claim("hot", 5);
    await queue().complete(...claimed);
    expect(await updates()).toEqual({ all: 10, hot: 10 });
  });
});
