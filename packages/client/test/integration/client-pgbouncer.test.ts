import { clusters } from "@mister-smith/testkit";
import { afterEach, describe, expect, it } from "vitest";
import { createDatabase } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { noPgBouncer, type PgBouncer, startPgBouncer } from "../support/pgbouncer.ts";
import { any, number, type PoolChoice, text, usePoolDatabase } from "../support/server-pools.ts";

const reason = noPgBouncer === undefined ? "" : ` (${noPgBouncer})`;

describe.skipIf(noPgBouncer !== undefined).each(clusters())(
  `PgBouncer in transaction mode before PostgreSQL $major${reason}`,
  (cluster) => {
    let bouncer: PgBouncer | undefined;

    // Hooks run in reverse: those of the pools come first.
    afterEach(async () => {
      await bouncer?.[Symbol.asyncDispose]();
      bouncer = undefined;
      const others = number`SELECT count(*) AS value FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`;
      const watcher = database.pool();
      await eventually(
        "its connections are gone",
        async () => (await watcher.statements.oneFirst(others)) === 0,
      );
      await watcher.close();
    });

    const database = usePoolDatabase(cluster);
    async function behind(choice: PoolChoice = {}) {
      bouncer ??= await startPgBouncer(database.url);
      return database.poolTo(bouncer.url, { transactionPooling: true, max: 8, ...choice });
    }

    it("passes many statements of many callers over few connections", async () => {
      const pool = await behind();
      const values = await Promise.all(
        Array.from({ length: 100 }, (_, n) => pool.statements.oneFirst(number`SELECT ${n}::INT AS value`)),
      );
      expect(values).toEqual(Array.from({ length: 100 }, (_, n) => n));
      const kept = number`SELECT count(*) AS value FROM pg_prepared_statements`;
      expect(await pool.statements.oneFirst(kept)).toBe(0);
    });

    it("runs transactions with the time limits of the pool", async () => {
      const pool = await behind({ statementTimeoutMs: 111_000, lockTimeoutMs: 22_000 });
      const limits = text`SELECT concat_ws(' ', current_setting('statement_timeout'), current_setting('lock_timeout')) AS value`;
      expect(await pool.transaction((tx) => tx.oneFirst(limits))).toBe("111s 22s");
      expect(await pool.statements.oneFirst(limits)).toBe("0 0");
    });

    it("leaves a single statement no more time than the pool's limit for statements", async () => {
      const pool = await behind({ statementTimeoutMs: 100 });
      await expect(pool.statements.query(any`SELECT pg_sleep(300)`)).rejects.toMatchObject({
        code: "TIMEOUT",
      });
    });

    it("refuses what sets a session that is shared with others", async () => {
      const pool = await behind();
      for (const statement of [
        any`SET work_mem = '7MB'`,
        any`LISTEN left_over`,
        any`SELECT pg_advisory_lock(1)`,
        any`SELECT 1 AS id INTO TEMP left_over`,
        any`CREATE TABLE pg_temp.left_over AS SELECT 1 AS id`,
        any`DECLARE left_over CURSOR WITH HOLD FOR SELECT 1`,
        any`EXPLAIN ANALYZE SELECT pg_advisory_lock(1)`,
        any`(SELECT pg_advisory_lock(1))`,
        any`; SELECT pg_advisory_lock(1)`,
        any`SET local.left_over = '1'`,
        any`EXPLAIN EXECUTE p(pg_advisory_lock(1))`,
        any`CALL p(pg_advisory_lock(1))`,
        any`SELECT public.mine(), pg_advisory_lock(1)`,
        any`LOAD 'plpgsql'`,
      ])
        await expect(pool.statements.query(statement)).rejects.toMatchObject({ code: "INVALID_INPUT" });
      const local = pool.transaction(async (tx) => {
        await tx.query(any`SET LOCAL work_mem = '7MB'`);
        return await tx.oneFirst(text`SELECT current_setting('work_mem') AS value`);
      });
      expect(await local).toBe("7MB");
    });

    it("passes the end of a call on to the server", async () => {
      const pool = await behind();
      const watcher = database.pool();
      const stop = new AbortController();
      const sleepers = number`SELECT count(*) AS value FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
      const call = pool.statements.query(any`SELECT pg_sleep(300)`, { signal: stop.signal });
      const seen = expect(call).rejects.toMatchObject({ code: "ABORTED" });
      await eventually("it sleeps", async () => (await watcher.statements.oneFirst(sleepers)) === 1);
      stop.abort();
      await seen;
      expect(await watcher.statements.oneFirst(sleepers)).toBe(0);
    });

    it("streams", async () => {
      const pool = await behind();
      let sum = 0;
      for await (const { value } of pool.statements.stream(
        number`SELECT n AS value FROM generate_series(1, 1000) AS n`,
      ))
        sum += value;
      expect(sum).toBe(500_500);
    });

    it("is not taken for dead while callers hold all its connections: what runs goes on, and what comes waits", async () => {
      bouncer ??= await startPgBouncer(database.url);
      await using db = await createDatabase({
        primary: { url: bouncer.url, transactionPooling: true, min: 0, max: 8 },
        monitor: { intervalMs: 50, timeoutMs: 150 },
        retry: { retries: 0 },
      });
      const changes: string[] = [];
      db.on("server", ({ from, to }) => changes.push(`${from} ${to}`));
      await db.ready();
      const slow = any`SELECT pg_sleep(1.5)`;
      const held = [
        db.transaction((tx) => tx.query(slow), { retries: 0 }),
        db.write.query(any`CREATE TABLE held AS SELECT 1 AS id FROM pg_sleep(1.5)`),
      ];
      const sleepers = number`SELECT count(*) AS value FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
      const watcher = database.pool();
      await eventually("both run", async () => (await watcher.statements.oneFirst(sleepers)) === 2);
      const waits = Array.from({ length: 4 }, () => db.write.oneFirst(number`SELECT 1 AS value`));
      await Promise.all(held);
      expect(await Promise.all(waits)).toEqual([1, 1, 1, 1]);
      expect(changes.filter((change) => change.endsWith("down"))).toEqual([]);
      await watcher.statements.query(any`DROP TABLE held`);
    });

    it("is taken for dead when it says nothing any more", async () => {
      bouncer ??= await startPgBouncer(database.url);
      await using db = await createDatabase({
        primary: { url: bouncer.url, transactionPooling: true, min: 0, max: 8 },
        monitor: { intervalMs: 50, timeoutMs: 150 },
        retry: { retries: 0 },
      });
      await db.ready();
      const write = db.write.query(any`SELECT pg_sleep(300)`).catch((error: unknown) => error);
      const sleepers = number`SELECT count(*) AS value FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
      const watcher = database.pool();
      await eventually("it runs", async () => (await watcher.statements.oneFirst(sleepers)) === 1);
      bouncer.freeze();
      expect(await write).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      bouncer.thaw();
      expect(await db.write.oneFirst(number`SELECT 1 AS value`)).toBe(1);
      await watcher.statements.query(
        any`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
      );
    });

    it("may be restarted: what ran is told so, and what follows works", async () => {
      const pool = await behind();
      const watcher = database.pool();
      await pool.statements.query(any`CREATE TABLE IF NOT EXISTS met (id INT)`);
      const sleepers = number`SELECT count(*) AS value FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
      const read = pool.reads.query(any`SELECT pg_sleep(300)`);
      const write = pool.statements.query(any`INSERT INTO met SELECT 1 FROM pg_sleep(300)`);
      const seen = Promise.all([
        expect(read).rejects.toMatchObject({ errorClass: "connection", retryable: true }),
        expect(write).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" }),
      ]);
      await eventually("both sleep", async () => (await watcher.statements.oneFirst(sleepers)) === 2);
      await bouncer?.restart();
      await seen;
      expect(await pool.statements.oneFirst(number`SELECT 1 AS value`)).toBe(1);
      await watcher.statements.query(
        any`SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`,
      );
    });
  },
);
