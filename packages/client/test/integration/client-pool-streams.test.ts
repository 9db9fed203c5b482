import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { any, backend, number, usePoolDatabase } from "../support/server-pools.ts";

const million = number`SELECT n AS value, repeat('x', 1000) AS filler FROM generate_series(1, 1000000) AS n`;
const thousand = number`SELECT n AS value FROM generate_series(1, 1000) AS n`;

describe.each(clusters())("a stream from PostgreSQL $major", (cluster) => {
  const database = usePoolDatabase(cluster);

  it("gives every row once, in order", async () => {
    const pool = database.pool();
    const rows: number[] = [];
    for await (const { value } of pool.statements.stream(
      number`SELECT n AS value FROM generate_series(1, ${1001}) AS n`,
    ))
      rows.push(value);
    expect(rows).toEqual(Array.from({ length: 1001 }, (_, index) => index + 1));
    expect(pool.counts()).toMatchObject({ active: 0, idle: 1 });
  });

  it("holds few rows at a time", async () => {
    const pool = database.pool();
    const watcher = database.pool();
    for await (const { value } of pool.statements.stream(million)) if (value === 1000) break;
    // A server that had been asked for all of them would have had to send a gigabyte.
    const sent = number`SELECT count(*) AS value FROM pg_stat_activity WHERE query LIKE '%1000000%' AND state = 'active' AND pid <> pg_backend_pid() AND datname = current_database()`;
    expect(await watcher.statements.oneFirst(sent)).toBe(0);
  });

  it("that is left early frees its connection, and leaves no cursor", async () => {
    const pool = database.pool();
    const before = await pool.statements.oneFirst(backend);
    for await (const { value } of pool.statements.stream(million)) if (value === 3) break;
    expect(await pool.statements.oneFirst(backend)).toBe(before);
    expect(
      await pool.statements.oneFirst(
        number`SELECT count(*) AS value FROM pg_cursors WHERE name LIKE 'smith%'`,
      ),
    ).toBe(0);
  });

  it("is ended by its signal, on the server too", async () => {
    const pool = database.pool();
    const stop = new AbortController();
    const watcher = database.pool();
    const slow = number`SELECT n AS value, pg_sleep(CASE WHEN n > 200 THEN 300 ELSE 0 END) FROM generate_series(1, 400) AS n`;
    const reading = (async () => {
      for await (const _ of pool.statements.stream(slow, { signal: stop.signal }));
    })();
    const seen = expect(reading).rejects.toMatchObject({ code: "ABORTED" });
    const sleeping = number`SELECT count(*) AS value FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()`;
    await eventually("it sleeps", async () => (await watcher.statements.oneFirst(sleeping)) === 1);
    stop.abort();
    await seen;
    expect(await watcher.statements.oneFirst(sleeping)).toBe(0);
    expect(await pool.statements.oneFirst(backend)).toBeGreaterThan(0);
  });

  it.each(["statements", "reads"] as const)(
    "of %s whose reader pauses is ended on the server when its time is over, and frees its connection",
    async (kind) => {
      const pool = database.pool();
      await pool.statements.query(backend);
      const rows = pool[kind].stream(thousand, { timeoutMs: 1_000 })[Symbol.asyncIterator]();
      expect((await rows.next()).done).toBe(false);
      await eventually("the connection is free", () => pool.counts().active === 0);
      const open = number`SELECT count(*) AS value FROM pg_stat_activity WHERE state LIKE 'idle in%' AND datname = current_database()`;
      expect(await pool.statements.oneFirst(open)).toBe(0);
      await expect(rows.next()).rejects.toMatchObject({ code: "TIMEOUT" });
      expect(await rows.next()).toEqual({ done: true, value: undefined });
    },
  );

  it("whose reader pauses is ended by its signal, and what it wrote is undone", async () => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE IF NOT EXISTS paused (value INT)`);
    const stop = new AbortController();
    const insert = number`INSERT INTO paused VALUES (1) RETURNING value`;
    const rows = pool.statements.stream(insert, { signal: stop.signal })[Symbol.asyncIterator]();
    expect(await rows.next()).toMatchObject({ value: { value: 1 } });
    stop.abort();
    expect(await pool.statements.oneFirst(number`SELECT count(*) AS value FROM paused`)).toBe(0);
    await expect(rows.next()).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("in a transaction whose reader pauses leaves no cursor when its time is over, and the transaction goes on", async () => {
    const pool = database.pool();
    await pool.transaction(async (tx) => {
      const rows = tx.stream(thousand, { timeoutMs: 1_000 })[Symbol.asyncIterator]();
      await rows.next();
      const cursors = number`SELECT count(*) AS value FROM pg_cursors WHERE name LIKE 'smith%'`;
      await eventually("the cursor is gone", async () => (await tx.oneFirst(cursors)) === 0);
      await expect(rows.next()).rejects.toMatchObject({ code: "TIMEOUT" });
      expect(await tx.oneFirst(number`SELECT 1 AS value`)).toBe(1);
    });
  });

  it.each(["a lent connection", "a transaction"])(
    "that was kept from %s does nothing to whoever has its connection now",
    async (from) => {
      const pool = database.pool();
      const kept: AsyncIterator<unknown>[] = [];
      const keep = async (on: Pick<typeof pool.statements, "stream">) => {
        for (let at = 0; at < 2; at += 1) {
          const rows = on.stream(million)[Symbol.asyncIterator]();
          await rows.next();
          kept.push(rows);
          if (from === "a lent connection") return;
        }
      };
      if (from === "a transaction") await pool.transaction(keep);
      else for (let at = 0; at < 2; at += 1) await pool.connect(keep);
      await pool.statements.query(any`CREATE TABLE IF NOT EXISTS others (value INT)`);
      await pool.statements.query(any`DELETE FROM others`);
      const [first, second] = kept;
      await pool.transaction(async (tx) => {
        await tx.query(any`INSERT INTO others VALUES (1)`);
        await first?.return?.();
        const read = async () => {
          while ((await second?.next())?.done === false);
        };
        await expect(read()).rejects.toMatchObject({ code: "WRONG_STATUS" });
      });
      expect(await pool.statements.oneFirst(number`SELECT count(*) AS value FROM others`)).toBe(1);
    },
  );

  it("in a transaction lets other statements come between its rows", async () => {
    const pool = database.pool();
    const doubled = await pool.transaction(async (tx) => {
      const found: number[] = [];
      for await (const { value } of tx.stream(number`SELECT n AS value FROM generate_series(1, 500) AS n`))
        if (value % 100 === 0) found.push(await tx.oneFirst(number`SELECT ${value}::INT * 2 AS value`));
      for await (const { value } of tx.stream(million)) if (value === 1) break;
      found.push(
        await tx.oneFirst(number`SELECT count(*) AS value FROM pg_cursors WHERE name LIKE 'smith%'`),
      );
      return found;
    });
    expect(doubled).toEqual([200, 400, 600, 800, 1000, 0]);
  });

  it("on a lent connection refuses other statements until it is through", async () => {
    const pool = database.pool();
    await pool.connect(async (connection) => {
      for await (const _ of connection.stream(million)) {
        await expect(connection.query(backend)).rejects.toMatchObject({ code: "WRONG_STATUS" });
        break;
      }
      expect(await connection.oneFirst(backend)).toBeGreaterThan(0);
    });
  });

  it("ends with an error when its connection breaks", async () => {
    const pool = database.pool();
    const killer = database.pool();
    const reading = (async () => {
      for await (const { value } of pool.reads.stream(million))
        if (value === 1)
          await killer.statements.query(any`
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'
          `);
    })();
    await expect(reading).rejects.toMatchObject({ errorClass: "connection", retryable: true });
  });

  it("keeps what it wrote when it is read to its end, and nothing when not", async () => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE written (value INT)`);
    const insert = number`INSERT INTO written SELECT generate_series(1, 500) RETURNING value`;
    const count = number`SELECT count(*) AS value FROM written`;
    for await (const _ of pool.statements.stream(insert)) break;
    expect(await pool.statements.oneFirst(count)).toBe(0);
    for await (const _ of pool.statements.stream(insert));
    expect(await pool.statements.oneFirst(count)).toBe(500);
  });
});
