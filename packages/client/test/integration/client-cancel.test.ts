import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import type { Statement } from "../../src/statement/statement.ts";
import { eventually } from "../support/eventually.ts";
import { halfOpenProxy } from "../support/half-open-proxy.ts";
import { any, backend, number, usePoolDatabase } from "../support/server-pools.ts";

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
    let cancelled = 0;
    for (let round = 0; round < 150; round += 1) {
      const stop = new AbortController();
      const call = pool.statements.query(next, { signal: stop.signal });
      const following = [pool.statements.oneFirst(next), pool.statements.oneFirst(next)];
      const late = round % 15;
      const timer = setTimeout(() => stop.abort(), late / 2);
      await call.catch((error: unknown) => {
        expect(error).toMatchObject({ code: "ABORTED" });
        cancelled += 1;
      });
      clearTimeout(timer);
      expect(await Promise.all(following)).toEqual([20_000, 20_000]);
    }
    expect(cancelled).toBeGreaterThan(0);
    expect(cancelled).toBeLessThan(150);
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
    const call = pool.statements.query(statement, { timeoutMs: 500 });
    const seen = expect(call).rejects.toMatchObject({ code });
    proxy.swallow();
    await seen;
    await watcher.statements.query(
      any`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()`,
    );
  });
});
