import { setTimeout as pause } from "node:timers/promises";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { ClientError } from "../../src/errors/client-error.ts";
import type { QueryOptions } from "../../src/queryable/query-options.ts";
import type { Statement } from "../../src/statement/statement.ts";
import { eventually } from "../support/eventually.ts";
import { halfOpenProxy } from "../support/half-open-proxy.ts";
import { any, backend, number, usePoolDatabase } from "../support/server-pools.ts";
import { slowProxy } from "../support/slow-proxy.ts";

const sleep = any`SELECT pg_sleep(300)`;
const sleepers = number`
  SELECT count(*) AS value FROM pg_stat_activity
  WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep(300)%'
`;

describe.each(clusters())("a call on PostgreSQL $major", (cluster) => {
  const database = usePoolDatabase(cluster);

  it("that its signal ends is ended on the server too", async () => {
    const pool = database.pool();
    const watcher = database.pool();
    const stop = new AbortController();
    const before = await pool.statements.oneFirst(backend);
    const call = pool.statements.query(sleep, { signal: stop.signal });
    await eventually("it sleeps", async () => (await watcher.statements.oneFirst(sleepers)) === 1);
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    expect(await watcher.statements.oneFirst(sleepers)).toBe(0);
    expect(await pool.statements.oneFirst(backend)).toBe(before);
  });

  it("that is cancelled before the server has begun with it is ended there all the same", async () => {
    await using proxy = await slowProxy(database.url);
    const pool = database.poolTo(proxy.url);
    const watcher = database.pool();
    const before = await pool.statements.oneFirst(backend);
    const stop = new AbortController();
    // The cancel overtakes the statement, and meets a session that has nothing to do.
    proxy.hold();
    const call = pool.statements.query(sleep, { signal: stop.signal });
    const ended = expect(call).rejects.toMatchObject({ code: "ABORTED" });
    await eventually("the statement is on its way", () => proxy.keeps);
    stop.abort();
    await pause(300);
    proxy.letGo();
    await ended;
    expect(await watcher.statements.oneFirst(sleepers)).toBe(0);
    expect(await pool.statements.oneFirst(backend)).toBe(before);
  });

  it("that takes longer than its timeout is ended on the server too, and its write undone", async () => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE late (id INT)`);
    const call = pool.statements.query(
      any`WITH slow AS (SELECT pg_sleep(300)) INSERT INTO late SELECT 1 FROM slow`,
      { timeoutMs: 100 },
    );
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT", details: { timeoutMs: 100 } });
    expect(await pool.statements.oneFirst(number`SELECT count(*) AS value FROM late`)).toBe(0);
  });

  it("that runs in a transaction is ended there, and the transaction undone", async () => {
    const pool = database.pool();
    const watcher = database.pool();
    await pool.statements.query(any`CREATE TABLE undone (id INT)`);
    const stop = new AbortController();
    const call = pool.transaction(
      async (tx) => {
        await tx.query(any`INSERT INTO undone VALUES (1)`);
        await tx.query(sleep);
      },
      { signal: stop.signal },
    );
    await eventually("it sleeps", async () => (await watcher.statements.oneFirst(sleepers)) === 1);
    stop.abort();
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
    expect(await watcher.statements.oneFirst(sleepers)).toBe(0);
    expect(await pool.statements.oneFirst(number`SELECT count(*) AS value FROM undone`)).toBe(0);
  });

  it("that waits for a connection leaves the line, and harms nobody in it", async () => {
    const pool = database.pool();
    const stop = new AbortController();
    await pool.connect(async () => {
      const call = pool.statements.query(sleep, { signal: stop.signal });
      const behind = pool.statements.oneFirst(backend);
      expect(pool.counts().waiting).toBe(2);
      stop.abort();
      await expect(call).rejects.toMatchObject({ code: "ABORTED" });
      expect(pool.counts().waiting).toBe(1);
      void behind.catch(() => {});
    });
    expect(await pool.statements.oneFirst(backend)).toBeGreaterThan(0);
  });

  it("whose signal had ended before is not sent", async () => {
    const pool = database.pool();
    const call = pool.statements.query(sleep, { signal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("is never met by the cancel of the one before", async () => {
    const pool = database.pool({ max: 2 });
    const next = number`SELECT count(*) AS value FROM generate_series(1, 20000)`;
    const endless = number`SELECT count(*) AS value FROM generate_series(1, 10), pg_sleep(300)`;
    let cancelled = 0;
    // Of fifteen the first is cancelled for certain and the last never, however slow the machine is.
    for (let round = 0; round < 150; round += 1) {
      const stop = new AbortController();
      const call = pool.statements.query(round % 15 === 0 ? endless : next, { signal: stop.signal });
      const following = [pool.statements.oneFirst(next), pool.statements.oneFirst(next)];
      const late = round % 15;
      const timer = late === 14 ? undefined : setTimeout(() => stop.abort(), late / 2);
      await call.catch((error: unknown) => {
        expect(error).toMatchObject({ code: "ABORTED" });
        cancelled += 1;
      });
      clearTimeout(timer);
      expect(await Promise.all(following)).toEqual([20_000, 20_000]);
    }
    expect(cancelled).toBeGreaterThanOrEqual(10);
    expect(cancelled).toBeLessThanOrEqual(140);
  });

  it("is not disturbed by a signal that comes after its end", async () => {
    const pool = database.pool();
    const stop = new AbortController();
    const values = await pool.transaction(async (tx) => {
      const first = await tx.oneFirst(number`SELECT 1 AS value`, { signal: stop.signal });
      stop.abort();
      return [first, await tx.oneFirst(number`SELECT 2 AS value`)];
    });
    expect(values).toEqual([1, 2]);
  });

  it.each<readonly [string, Statement, string]>([
    ["a read", number`SELECT count(*) AS value FROM generate_series(1, 10), pg_sleep(300)`, "TIMEOUT"],
    ["a write", any`CREATE TABLE unanswered AS SELECT 1 AS n FROM pg_sleep(300)`, "OUTCOME_UNKNOWN"],
  ])("without any answer is ended all the same: of %s", async (_, statement, code) => {
    const { port } = new URL(database.url);
    await using proxy = await halfOpenProxy({ port: Number(port) });
    const pool = database.poolTo(proxy.through(database.url), { closeTimeoutMs: 100 });
    const watcher = database.pool();
    await pool.statements.query(backend);
    const on = code === "TIMEOUT" ? pool.reads : pool.statements;
    const call = on.query(statement, { timeoutMs: 500 });
    const seen = expect(call).rejects.toMatchObject({ code });
    proxy.swallow();
    await seen;
    await watcher.statements.query(
      any`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`,
    );
  });

  it.each<readonly [string, (signal: AbortSignal) => QueryOptions, string]>([
    ["timeout", () => ({ timeoutMs: 200 }), "TIMEOUT"],
    ["signal", (signal) => ({ signal }), "ABORTED"],
  ])(
    "on a lent connection is ended by the %s of the loan, and the loan with it",
    async (_, options, code) => {
      const pool = database.pool();
      const watcher = database.pool();
      const stop = new AbortController();
      let second: Promise<unknown> | undefined;
      // The time is the loan's, not that of opening a connection on a busy machine.
      await pool.statements.query(backend);
      const loan = pool.connect(async (lent) => {
        await lent.query(sleep).catch(() => {});
        second = lent.query(backend);
        second.catch(() => {});
        await new Promise(() => {});
      }, options(stop.signal));
      const seen = expect(loan).rejects.toMatchObject({ code });
      if (code === "ABORTED") {
        await eventually("it sleeps", async () => (await watcher.statements.oneFirst(sleepers)) === 1);
        stop.abort();
      }
      await seen;
      await expect(second).rejects.toBeInstanceOf(ClientError);
      expect(await watcher.statements.oneFirst(sleepers)).toBe(0);
      expect(pool.counts()).toMatchObject({ active: 0 });
    },
  );

  it("is not held up by the test of an idle connection that does not answer", async () => {
    const { port } = new URL(database.url);
    await using proxy = await halfOpenProxy({ port: Number(port) });
    const pool = database.poolTo(proxy.through(database.url), { testAfterIdleMs: 0, closeTimeoutMs: 100 });
    await pool.statements.query(backend);
    proxy.swallow();
    const call = pool.statements.query(backend, { timeoutMs: 200 });
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT", details: { timeoutMs: 200 } });
    // It still holds the place: the test of the connection goes on.
    expect(pool.counts()).toMatchObject({ active: 1 });
    proxy.cut();
    await eventually("the place is free", () => pool.counts().active === 0);
    proxy.pass();
    expect(await pool.statements.oneFirst(backend)).toBeGreaterThan(0);
  });

  it.each<readonly [string, object]>([
    ["timeoutMs is -1", { timeoutMs: -1 }],
    ["timeoutMs is 0", { timeoutMs: 0 }],
    ["timeoutMs is NaN", { timeoutMs: Number.NaN }],
    ["timeoutMs is '100'", { timeoutMs: "100" }],
    ["signal is {}", { signal: {} }],
  ])("whose %s is refused", async (named, options) => {
    const pool = database.pool();
    const refused = { code: "INVALID_INPUT", message: expect.stringContaining(named) };
    await expect(pool.statements.query(backend, options)).rejects.toMatchObject(refused);
    await expect(pool.connect((lent) => lent.query(backend), options)).rejects.toMatchObject(refused);
    await expect(pool.transaction((tx) => tx.query(backend), options)).rejects.toMatchObject(refused);
    const inside = pool.transaction((tx) => tx.transaction((inner) => inner.query(backend), options));
    await expect(inside).rejects.toMatchObject(refused);
    const rows = pool.statements.stream(backend, options)[Symbol.asyncIterator]();
    await expect(rows.next()).rejects.toMatchObject(refused);
  });

  it("that streams shares its time with the wait for a connection", async () => {
    const pool = database.pool();
    const { promise: held, resolve: free } = Promise.withResolvers<void>();
    const holder = pool.connect(() => held);
    const startedAt = performance.now();
    const rows = pool.statements.stream(number`SELECT 1 AS value, pg_sleep(300)`, { timeoutMs: 1_000 });
    const seen = expect(rows[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "TIMEOUT" });
    await eventually("most of the time is over", () => performance.now() - startedAt > 900);
    const freedAt = performance.now();
    free();
    await seen;
    expect(performance.now() - freedAt).toBeLessThan(900);
    await holder;
  });
});
