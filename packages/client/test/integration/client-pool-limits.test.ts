import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { ClientError } from "../../src/errors/client-error.ts";
import { eventually } from "../support/eventually.ts";
import { halfOpenProxy } from "../support/half-open-proxy.ts";
import { any, backend, number, text, usePoolDatabase } from "../support/server-pools.ts";

describe.each(clusters())("a pool of PostgreSQL $major", (cluster) => {
  const database = usePoolDatabase(cluster);

  it("says how it is used up when no connection becomes free in time", async () => {
    const pool = database.pool({ max: 2, acquireTimeoutMs: 50 });
    await pool.connect(() =>
      pool.connect(async () => {
        await expect(pool.statements.query(backend)).rejects.toMatchObject({
          code: "POOL_EXHAUSTED",
          retryable: true,
          details: { pool: "primary", active: 2, idle: 0, max: 2 },
        });
        expect(pool.counts()).toEqual({ active: 2, idle: 0, waiting: 0, max: 2 });
      }),
    );
    expect(pool.counts()).toEqual({ active: 0, idle: 2, waiting: 0, max: 2 });
  });

  it("serves many more callers than it has connections", async () => {
    const pool = database.pool({ max: 3 });
    const pids = await Promise.all(Array.from({ length: 200 }, () => pool.statements.oneFirst(backend)));
    expect(new Set(pids).size).toBeLessThanOrEqual(3);
  });

  it("opens its least connections by itself, and again when they are gone", async () => {
    const pool = database.pool({ max: 4, min: 2 });
    await eventually("two are open", () => pool.counts().idle === 2);
    pool.interrupt(new ClientError("CLOSED", "broken by the test"));
    await eventually("they are gone", () => pool.counts().idle === 0);
    await eventually("two are open again", () => pool.counts().idle === 2);
  });

  it("replaces a connection that has lived long enough", async () => {
    const pool = database.pool({ maxLifetimeMs: 1 });
    const first = await pool.statements.oneFirst(backend);
    await eventually("another one", async () => (await pool.statements.oneFirst(backend)) !== first);
  });

  it("closes connections that nobody uses", async () => {
    const pool = database.pool({ idleTimeoutMs: 1 });
    await pool.statements.query(backend);
    await eventually("it is closed", () => pool.counts().idle === 0);
  });

  it("tests a connection that was idle for long before it lends it", async () => {
    const { port } = new URL(database.url);
    await using proxy = await halfOpenProxy({ port: Number(port) });
    const pool = database.poolTo(proxy.through(database.url), { testAfterIdleMs: 0, max: 2 });
    await Promise.all([pool.statements.query(backend), pool.statements.query(backend)]);
    proxy.swallow();
    proxy.pass();
    expect(await pool.statements.oneFirst(backend)).toBeGreaterThan(0);
    expect(proxy.taken).toBe(3);
  });

  it("breaks what runs when it is interrupted, and connects anew", async () => {
    const pool = database.pool();
    const reason = new ClientError("NO_PRIMARY", "the server is a replica now", { retryable: true });
    const read = pool.reads.query(any`SELECT pg_sleep(300)`);
    const seen = expect(read).rejects.toBe(reason);
    await eventually("it runs", () => pool.counts().active === 1 && pool.counts().idle === 0);
    const watcher = database.pool();
    const running = number`SELECT count(*) AS value FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(300)' AND state = 'active' AND datname = current_database()`;
    await eventually("it runs there", async () => (await watcher.statements.oneFirst(running)) === 1);
    pool.interrupt(reason);
    await seen;
    expect(await pool.statements.oneFirst(backend)).toBeGreaterThan(0);
    await watcher.statements.query(
      any`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(300)'  AND datname = current_database()`,
    );
  });

  it("reports a write that an interruption met as not known", async () => {
    const pool = database.pool();
    const watcher = database.pool();
    const write = pool.statements.query(any`CREATE TABLE interrupted AS SELECT 1 AS n FROM pg_sleep(300)`);
    const seen = expect(write).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    const running = number`SELECT count(*) AS value FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE inter%' AND state = 'active' AND datname = current_database()`;
    await eventually("it runs there", async () => (await watcher.statements.oneFirst(running)) === 1);
    pool.interrupt(new Error("broken by the test"));
    await seen;
    await watcher.statements.query(
      any`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query LIKE 'CREATE TABLE inter%' AND pid <> pg_backend_pid() AND datname = current_database()`,
    );
  });

  it("lets what runs and waits come to its end when it closes, and takes nothing more", async () => {
    const pool = database.pool();
    const running = pool.statements.oneFirst(number`SELECT 1 AS value, pg_sleep(0.2)`);
    const waiting = pool.statements.oneFirst(number`SELECT 2 AS value`);
    const closing = Promise.all([pool.close(), pool.close()]);
    await expect(pool.statements.query(backend)).rejects.toMatchObject({ code: "CLOSED" });
    expect(await Promise.all([running, waiting])).toEqual([1, 2]);
    await closing;
    expect(pool.counts()).toEqual({ active: 0, idle: 0, waiting: 0, max: 1 });
  });

  it("breaks off what does not end in time when it closes", async () => {
    const pool = database.pool({ closeTimeoutMs: 100 });
    const endless = pool.transaction(() => new Promise(() => {}));
    endless.catch(() => {});
    await eventually("it is open", () => pool.counts().active === 1);
    const waiting = expect(pool.statements.query(backend)).rejects.toMatchObject({ code: "CLOSED" });
    await pool.close();
    await waiting;
  });

  it("gives its connections their name and their time limits", async () => {
    const pool = database.pool({
      statementTimeoutMs: 111_000,
      lockTimeoutMs: 22_000,
      idleInTransactionTimeoutMs: 333_000,
    });
    const settings = text`
      SELECT concat_ws(' ', current_setting('application_name'), current_setting('statement_timeout'),
        current_setting('lock_timeout'), current_setting('idle_in_transaction_session_timeout')) AS value
    `;
    expect(await pool.statements.oneFirst(settings)).toBe("smith/primary 111s 22s 333s");
  });

  it("leaves a statement that takes too long to the server's own limit", async () => {
    const pool = database.pool({ statementTimeoutMs: 50 });
    const call = pool.statements.query(any`SELECT pg_sleep(300)`);
    await expect(call).rejects.toMatchObject({ code: "DATABASE", errorClass: "cancelled" });
  });

  it("tells what happens to its connections", async () => {
    const events: string[] = [];
    const pool = database.pool({ onEvent: ({ type }) => events.push(type) });
    await pool.statements.query(backend);
    await pool.close();
    expect(events).toEqual(["connect", "acquire", "release", "remove"]);
  });
});
