import { startPostgres } from "@mister-smith/embedded";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import type { ServerPool } from "../../src/pool/server-pool.ts";
import type { Transaction } from "../../src/transaction/transaction.ts";
import { eventually } from "../support/eventually.ts";
import { halfOpenProxy } from "../support/half-open-proxy.ts";
import { any, backend, number, openPool, text, usePoolDatabase } from "../support/server-pools.ts";

const insert = (id: number) => any`INSERT INTO items VALUES (${id}, 0)`;
const ids = number`SELECT id AS value FROM items ORDER BY id`;

describe.each(clusters())("a transaction on PostgreSQL $major", (cluster) => {
  const database = usePoolDatabase(cluster);
  let pool: ServerPool;

  beforeEach(async () => {
    pool = database.pool({ max: 3 });
    await pool.statements.query(any`DROP TABLE IF EXISTS items`);
    await pool.statements.query(any`CREATE TABLE items (id INT PRIMARY KEY, n INT)`);
  });

  it("keeps all of its work", async () => {
    const result = await pool.transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.write.query(insert(2));
      return "done";
    });
    expect(result).toBe("done");
    expect(await pool.statements.anyFirst(ids)).toEqual([1, 2]);
  });

  it("is refused, and begins nothing, when its isolation is none that there is", async () => {
    // As from a caller without types.
    const options = JSON.parse('{ "isolation": "read committed; CREATE TABLE injected (id INT)" }');
    const call = pool.transaction((tx) => tx.query(insert(1)), options);
    await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const injected = text`SELECT to_regclass('injected')::TEXT AS value`;
    expect(await pool.statements.oneFirst(injected)).toBeNull();
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
  });

  it("keeps nothing when its work throws", async () => {
    const call = pool.transaction(async (tx) => {
      await tx.query(insert(1));
      throw new RangeError("of the user");
    });
    await expect(call).rejects.toThrow(RangeError);
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
    await eventually("all connections are reset", () => pool.counts().active === 0);
  });

  it("is refused, not said to be done, when a statement failed whose error nobody heard", async () => {
    const call = pool.transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.query(insert(1)).catch(() => {});
      return "done";
    });
    await expect(call).rejects.toMatchObject({ errorClass: "constraint" });
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
  });

  it("has the isolation and the mode that were asked for", async () => {
    const isolation = text`SELECT current_setting('transaction_isolation') AS value`;
    const options = { isolation: "serializable", readOnly: true } as const;
    expect(await pool.transaction((tx) => tx.oneFirst(isolation), options)).toBe("serializable");
    const write = pool.transaction((tx) => tx.query(insert(1)), options);
    await expect(write).rejects.toMatchObject({ errorClass: "read-only" });
  });

  it("serves statements that are sent at once one after the other", async () => {
    const numbers = await pool.transaction((tx) =>
      Promise.all([1, 2, 3, 4].map((n) => tx.oneFirst(number`SELECT ${n}::INT AS value, pg_sleep(0.01)`))),
    );
    expect(numbers).toEqual([1, 2, 3, 4]);
  });

  it("lets those come to their end that nobody awaited", async () => {
    await pool.transaction(async (tx) => {
      void tx.query(any`INSERT INTO items SELECT 1, 0 FROM pg_sleep(0.05)`);
    });
    expect(await pool.statements.anyFirst(ids)).toEqual([1]);
  });

  it("refuses statements once it has ended", async () => {
    const escaped = await pool.transaction(async (tx) => ({ tx }));
    await expect(escaped.tx.query(insert(1))).rejects.toMatchObject({ code: "WRONG_STATUS" });
    await expect(escaped.tx.transaction((tx) => tx.query(insert(1)))).rejects.toMatchObject({
      code: "WRONG_STATUS",
    });
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
  });

  it.each([any`COMMIT`, any`ROLLBACK`, any`BEGIN`, any`END`])("does not take $sql", async (statement) => {
    const call = pool.transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.query(statement);
    });
    await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
  });

  it("undoes only the nested one that throws", async () => {
    await pool.transaction(async (tx) => {
      await tx.query(insert(1));
      await tx.transaction((inner) => inner.query(insert(2)));
      const failing = tx.transaction(async (inner) => {
        await inner.query(insert(3));
        await inner.transaction((deeper) => deeper.query(insert(4)));
        await inner.query(insert(1));
      });
      await expect(failing).rejects.toMatchObject({ errorClass: "constraint" });
      await tx.query(insert(5));
    });
    expect(await pool.statements.anyFirst(ids)).toEqual([1, 2, 5]);
  });

  it("runs nested ones that begin at once one after the other", async () => {
    await pool.transaction(async (tx) => {
      const nested = [1, 2, 3].map((id) =>
        tx.transaction(async (inner) => {
          await inner.query(insert(id));
          await inner.query(any`SELECT pg_sleep(0.01)`);
          if (id === 2) throw new RangeError("of the user");
        }),
      );
      await Promise.allSettled(nested);
    });
    expect(await pool.statements.anyFirst(ids)).toEqual([1, 3]);
  });

  it("does not wait for itself when the outer one is used inside a nested one", async () => {
    await pool.transaction((tx) =>
      tx.transaction(async () => {
        await tx.query(insert(1));
        await tx.transaction((deeper) => deeper.query(insert(2)));
      }),
    );
    expect(await pool.statements.anyFirst(ids)).toEqual([1, 2]);
  });

  it("is undone when it takes longer than its timeout, though its work never ends", async () => {
    const call = pool.transaction(
      async (tx) => {
        await tx.query(insert(1));
        await tx.transaction(() => new Promise(() => {}));
      },
      { timeoutMs: 200 },
    );
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
    expect(pool.counts()).toMatchObject({ active: 0 });
  });

  it("is undone when it takes longer than its timeout, with all nested ones that never end or wait for them", async () => {
    let begun = 0;
    const never = () => {
      begun += 1;
      return new Promise<void>(() => {});
    };
    const call = pool.transaction((tx) => Promise.all([tx.transaction(never), tx.transaction(never)]), {
      timeoutMs: 200,
    });
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(begun).toBe(1);
    expect(pool.counts()).toMatchObject({ active: 0 });
  });

  it("shares its time between the wait for a connection and its work", async () => {
    const single = database.pool();
    const { promise: held, resolve: free } = Promise.withResolvers<void>();
    const holder = single.connect(() => held);
    const startedAt = performance.now();
    const call = single.transaction(() => new Promise(() => {}), { timeoutMs: 1_000 });
    const seen = expect(call).rejects.toMatchObject({ code: "TIMEOUT", details: { timeoutMs: 1_000 } });
    await eventually("most of the time is over", () => performance.now() - startedAt > 900);
    const freedAt = performance.now();
    free();
    await seen;
    expect(performance.now() - freedAt).toBeLessThan(900);
    await holder;
  });

  it("is cancelled during its COMMIT when its time is over, and nothing is kept", async () => {
    await pool.statements.query(any`
      CREATE FUNCTION public.long_commit() RETURNS TRIGGER LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(300); RETURN NULL; END $$
    `);
    await pool.statements.query(any`
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION public.long_commit()
    `);
    const call = pool.transaction((tx) => tx.query(insert(1)), { timeoutMs: 500 });
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
    await pool.statements.query(any`DROP FUNCTION public.long_commit() CASCADE`);
  });

  it("has an outcome that is not known when its COMMIT gets no answer in its time", async () => {
    const { port } = new URL(database.url);
    await using proxy = await halfOpenProxy({ port: Number(port) });
    const lost = database.poolTo(proxy.through(database.url), { closeTimeoutMs: 100 });
    const call = lost.transaction(
      async (tx) => {
        await tx.query(insert(1));
        proxy.swallow();
      },
      { timeoutMs: 500 },
    );
    await expect(call).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("ends when its ROLLBACK gets no answer", async () => {
    const { port } = new URL(database.url);
    await using proxy = await halfOpenProxy({ port: Number(port) });
    const lost = database.poolTo(proxy.through(database.url), { closeTimeoutMs: 100 });
    const call = lost.transaction(async (tx) => {
      await tx.query(insert(1));
      proxy.swallow();
      throw new RangeError("of the user");
    });
    await expect(call).rejects.toThrow(RangeError);
  });

  it("whose work never ends is ended when its pool is closed", async () => {
    const closing = database.pool({ closeTimeoutMs: 100 });
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const call = closing.transaction(async (tx) => {
      await tx.query(insert(1));
      begin();
      await new Promise(() => {});
    });
    const seen = expect(call).rejects.toMatchObject({ code: "CLOSED" });
    await begun;
    await closing.close();
    await seen;
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
  });

  it("may be retried after a deadlock", async () => {
    await pool.statements.query(any`INSERT INTO items VALUES (1, 0), (2, 0)`);
    const update = (id: number) => any`UPDATE items SET n = n + 1 WHERE id = ${id}`;
    let arrived = 0;
    const both = async () => {
      arrived += 1;
      await eventually("both hold a row", () => arrived === 2);
    };
    const one = (first: number, second: number) =>
      pool.transaction(async (tx) => {
        await tx.query(any`SET LOCAL deadlock_timeout = '50ms'`);
        await tx.query(update(first));
        await both();
        await tx.query(update(second));
      });
    const outcomes = await Promise.allSettled([one(1, 2), one(2, 1)]);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toMatchObject([{ reason: { errorClass: "conflict", retryable: true } }]);
  });

  it("may be retried after its connection broke before COMMIT was sent", async () => {
    const killer = database.pool();
    const call = pool.transaction(async (tx: Transaction) => {
      await tx.query(insert(1));
      const pid = await tx.oneFirst(backend);
      await killer.statements.query(any`SELECT pg_terminate_backend(${pid}::INT)`);
      await tx.query(insert(2));
    });
    await expect(call).rejects.toMatchObject({ errorClass: "connection", retryable: true });
    expect(await pool.statements.anyFirst(ids)).toEqual([]);
  });

  it("has an outcome that is not known when its connection broke after COMMIT was sent", async () => {
    const { port } = new URL(database.url);
    await using proxy = await halfOpenProxy({ port: Number(port) });
    const broken = database.poolTo(proxy.through(database.url), { closeTimeoutMs: 100 });
    await broken.statements.query(any`
      CREATE FUNCTION public.slow_commit() RETURNS TRIGGER LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(300); RETURN NULL; END $$
    `);
    await broken.statements.query(any`
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION public.slow_commit()
    `);
    const call = broken.transaction((tx) => tx.query(insert(1)));
    const seen = expect(call).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    const committing = number`
      SELECT count(*) AS value FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active' AND datname = current_database()
    `;
    await eventually("it commits", async () => (await pool.statements.oneFirst(committing)) === 1);
    proxy.cut();
    await seen;
    await pool.statements.query(any`
      SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE query = 'COMMIT' AND datname = current_database()
    `);
    await pool.statements.query(any`DROP FUNCTION public.slow_commit() CASCADE`);
  });
});

describe("a transaction", () => {
  it("during which the server restarts may be retried, and the next one finds the server", async () => {
    await using server = await startPostgres({ durability: "fast" });
    const pool = openPool(server.url);
    await pool.statements.query(any`CREATE TABLE items (id INT)`);
    const call = pool.transaction(async (tx) => {
      await tx.query(any`INSERT INTO items VALUES (1)`);
      await server.kill();
      await server.start();
      await tx.query(any`INSERT INTO items VALUES (2)`);
    });
    await expect(call).rejects.toMatchObject({ errorClass: "connection", retryable: true });
    expect(await pool.transaction((tx) => tx.oneFirst(number`SELECT count(*) AS value FROM items`))).toBe(0);
    await pool.close();
  });
});
