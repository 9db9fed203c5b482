import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { addNote, closeWatch, sleepFor } from "../support/replicated-database.ts";
import { ask } from "../support/replicated-servers.ts";

const nothing = z.object({});
const lockNote = (id: number) => sql.type(nothing)`UPDATE notes SET note = note || 'x' WHERE id = ${id}`;
const readSum = sql.type(z.object({ sum: z.int() }))`SELECT sum(length(note))::int AS sum FROM notes`;
const conflict = sql.type(nothing)`SELECT refuse()`;
const call = sql.type(nothing)`CALL half('40001')`;
const countHalves = sql.type(z.object({ count: z.int() }))`SELECT count(*)::INT AS count FROM halves`;

describe.each(clusters())("running again on PostgreSQL $major", (on) => {
  let database: TestDatabase;
  let db: Database;
  const retries: { readonly attempt: number; readonly delayMs: number }[] = [];
  beforeAll(async () => {
    database = await createTestDatabase({ cluster: on });
  });
  beforeEach(async () => {
    await ask(
      database.url,
      `DROP SCHEMA public CASCADE;
       CREATE SCHEMA public;
       CREATE TABLE notes (id INT PRIMARY KEY, note TEXT NOT NULL DEFAULT '');
       INSERT INTO notes (id) VALUES (-1), (-2);
       CREATE FUNCTION refuse() RETURNS INT LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'refused on purpose' USING ERRCODE = 'serialization_failure'; END $$`,
    );
    db = await open();
  });
  afterEach(async () => {
    await db.close();
  });
  afterAll(async () => {
    await database.drop();
  });

  async function open(
    retry: { retries?: number; initialDelayMs?: number; maxDelayMs?: number } = {},
  ): Promise<Database> {
    const opened = await createDatabase({
      ...closeWatch,
      primary: { url: database.url, min: 0 },
      retry: { ...closeWatch.retry, retries: 20, ...retry },
    });
    retries.length = 0;
    opened.on("retry", (event) => retries.push(event));
    return opened;
  }

  it("has both of two transactions succeed that deadlock", async () => {
    const bothHoldOne = barrier(2);
    const crossed = (first: number, second: number) => {
      let tries = 0;
      return db.transaction(async (tx) => {
        tries += 1;
        await tx.query(lockNote(first));
        if (tries === 1) await bothHoldOne();
        await tx.query(lockNote(second));
      });
    };
    await Promise.all([crossed(-1, -2), crossed(-2, -1)]);
    expect(await db.write.oneFirst(readSum)).toBe(4);
    expect(retries).toHaveLength(1);
  });

  it("does not let a transaction feel a migration under a statement that is kept", async () => {
    const all = sql.type(z.looseObject({}))`SELECT * FROM notes ORDER BY id`;
    for (let time = 0; time < 3; time += 1) await db.write.any(all);
    await ask(database.url, "ALTER TABLE notes ADD COLUMN added INT");
    const [first] = await db.transaction((tx) => tx.any(all));
    expect(first).toMatchObject({ id: -2, added: null });
    expect(retries).toHaveLength(1);
  });

  it("has all of many serializable transactions succeed that read what the others write", async () => {
    const add = (id: number) =>
      db.transaction(
        async (tx) => {
          const sum = await tx.oneFirst(readSum);
          await tx.query(addNote(id, sum < 0 ? "" : "x"));
        },
        { isolation: "serializable" },
      );
    await Promise.all(Array.from({ length: 6 }, (_, id) => add(id)));
    expect(await db.write.oneFirst(readSum)).toBe(6);
    expect(retries.length).toBeGreaterThan(0);
  });

  it("stops after as many retries as were asked for, and gives the last error", async () => {
    await using strict = await open({ retries: 3 });
    await expect(strict.write.query(conflict)).rejects.toMatchObject({ errorClass: "conflict" });
    expect(retries.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    retries.length = 0;
    await expect(strict.transaction((tx) => tx.query(conflict), { retries: 1 })).rejects.toMatchObject({
      errorClass: "conflict",
    });
    expect(retries).toHaveLength(1);
  });

  it("does not run again what would not end within the call's time", async () => {
    await using slow = await open({ initialDelayMs: 60_000, maxDelayMs: 60_000 });
    await expect(slow.write.query(conflict, { timeoutMs: 1_000 })).rejects.toMatchObject({
      errorClass: "conflict",
    });
    expect(retries).toEqual([]);
  });

  it("ends a pause when the caller's signal does, and when the database is closed", async () => {
    const slow = await createDatabase({
      ...closeWatch,
      primary: { url: database.url, min: 0 },
      retry: { initialDelayMs: 600_000, maxDelayMs: 600_000 },
    });
    const abort = new AbortController();
    slow.on("retry", () => abort.abort());
    await expect(
      slow.write.query(conflict, { signal: abort.signal, timeoutMs: Number.POSITIVE_INFINITY }),
    ).rejects.toMatchObject({
      code: "ABORTED",
    });
    const pausing = slow.write
      .query(conflict, { timeoutMs: Number.POSITIVE_INFINITY })
      .catch((error: unknown) => error);
    await new Promise<void>((resolve) => slow.on("retry", () => resolve()));
    await slow.close();
    expect(await pausing).toMatchObject({ code: "CLOSED" });
  });

  it("bounds no later try of a transaction by the time that its pool has for a statement", async () => {
    const hasty = await createDatabase({
      ...closeWatch,
      primary: { url: database.url, min: 0, callTimeoutMs: 500 },
      retry: { ...closeWatch.retry, initialDelayMs: 1 },
    });
    let tries = 0;
    const startedAt = performance.now();
    const done = await hasty.transaction(async (tx) => {
      tries += 1;
      if (tries === 1) await tx.query(conflict);
      await eventually("it took longer", () => performance.now() - startedAt > 700);
      return "done";
    });
    expect([done, tries]).toEqual(["done", 2]);
    await hasty.close();
  });

  it("names the whole time of a transaction that ended in a later try", async () => {
    let tries = 0;
    const call = db.transaction(
      async (tx) => {
        tries += 1;
        if (tries === 1) await tx.query(conflict);
        await new Promise(() => {});
      },
      { timeoutMs: 600 },
    );
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT", details: { timeoutMs: 600 } });
    expect(tries).toBe(2);
  });

  it("does not repeat what a constraint refused", async () => {
    await expect(db.write.one(addNote(-1))).rejects.toMatchObject({ errorClass: "constraint" });
    expect(retries).toEqual([]);
  });

  describe("what may commit before its end", () => {
    beforeEach(async () => {
      await ask(database.url, "CREATE TABLE halves (id SERIAL)");
      await ask(
        database.url,
        `CREATE PROCEDURE half(code TEXT) LANGUAGE plpgsql AS $$
           BEGIN
             INSERT INTO halves DEFAULT VALUES;
             COMMIT;
             IF (SELECT count(*) FROM halves) < 3 THEN RAISE EXCEPTION USING ERRCODE = code; END IF;
           END $$`,
      );
    });

    it.each([
      ["CALL, refused by a serialization failure", "40001", call],
      ["CALL, refused by a deadlock", "40P01", sql.type(nothing)`CALL half('40P01')`],
      ["CALL, refused by a lock", "55P03", sql.type(nothing)`CALL half('55P03')`],
      ["DO", "40001", sql.type(nothing)`DO $$ BEGIN CALL half('40001'); END $$`],
    ])("is run once, and says that a part of it may be done: %s", async (_, sqlState, statement) => {
      const refusal = { sqlState, retryable: false, hint: expect.stringContaining("idempotent") };
      await expect(db.write.query(statement)).rejects.toMatchObject(refusal);
      expect(await db.write.oneFirst(countHalves)).toBe(1);
      const lent = db.connect((connection) => connection.query(statement));
      await expect(lent).rejects.toMatchObject(refusal);
      expect(retries).toEqual([]);
      expect(await db.write.oneFirst(countHalves)).toBe(2);
    });

    it("is run again when it says that it may", async () => {
      await db.write.query(call, { idempotent: true });
      expect(retries).toHaveLength(2);
      expect(await db.write.oneFirst(countHalves)).toBe(3);
    });

    it("is sent once, however often it was sent before", async () => {
      await ask(database.url, "INSERT INTO halves SELECT generate_series(-1, 0)");
      const failing = sql.type(nothing)`CALL half('P0001')`;
      for (let time = 0; time < 3; time += 1) await db.write.query(failing);
      await ask(database.url, "DELETE FROM halves");
      await expect(db.write.query(failing)).rejects.toMatchObject({ sqlState: "P0001" });
      expect(await db.write.oneFirst(countHalves)).toBe(1);
    });

    it("is run again with the transaction that it is in, where it commits nothing", async () => {
      let tries = 0;
      await db.transaction(async (tx) => {
        tries += 1;
        if (tries < 3) await tx.query(sql.type(nothing)`DO $$ BEGIN PERFORM refuse(); END $$`);
      });
      expect(retries).toHaveLength(2);
    });
  });

  it("reports a write whose connection broke as not known, and repeats it only when it says that it may", async () => {
    const slowWrite = (id: number) => sql.type(nothing)`
      WITH slept AS MATERIALIZED (SELECT pg_sleep(CASE WHEN EXISTS (SELECT FROM notes WHERE id = 0) THEN 0 ELSE 600 END))
      INSERT INTO notes (id) SELECT ${id} FROM slept ON CONFLICT DO NOTHING
    `;
    const unknown = db.write.query(slowWrite(1)).catch((error: unknown) => error);
    await breakWrite();
    expect(await unknown).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    expect(retries).toEqual([]);

    const repeated = db.write.query(slowWrite(2), { idempotent: true });
    await eventually("it runs", isSleeping);
    await ask(database.url, "INSERT INTO notes (id) VALUES (0)");
    await breakWrite();
    expect(await repeated).toMatchObject({ rowCount: 1 });
    expect(retries).toHaveLength(1);
  });

  it("runs a transaction again whose connection broke before its COMMIT", async () => {
    let tries = 0;
    const value = await db.transaction(async (tx) => {
      tries += 1;
      await tx.one(addNote(tries));
      if (tries === 1) {
        const sleeping = tx.one(sleepFor(600));
        await Promise.all([sleeping, breakWrite()]);
      }
      return tries;
    });
    expect(value).toBe(2);
    expect(await ask(database.url, "SELECT id FROM notes WHERE id > 0")).toEqual([{ id: 2 }]);
  });

  it.each([
    ["before its next statement", async () => eventually("it is gone", isGone), readSum],
    ["before its COMMIT", async () => eventually("it is gone", isGone), undefined],
    ["while nothing is heard of the server", async () => blockFor(400), readSum],
  ])("reports a transaction that idled for too long once, with the limit: %s", async (_, idle, next) => {
    await using strict = await createDatabase({
      ...closeWatch,
      primary: { url: database.url, min: 0, idleInTransactionTimeoutMs: 100 },
    });
    const calls: unknown[] = [];
    strict.on("call", (told) => calls.push(told));
    let tries = 0;
    const work = strict.transaction(async (tx) => {
      tries += 1;
      await tx.one(addNote(1));
      await idle();
      if (next !== undefined) await tx.one(next);
    });
    await expect(work).rejects.toMatchObject({
      sqlState: "25P03",
      retryable: false,
      hint: expect.stringContaining("idleInTransactionTimeoutMs"),
    });
    expect(tries).toBe(1);
    expect(calls).toMatchObject([{ attempts: 1 }]);
    expect(await ask(database.url, "SELECT id FROM notes WHERE id > 0")).toEqual([]);
    expect(await strict.write.oneFirst(readSum)).toBe(0);
  });

  it("repeats work on a lent connection only when it has not begun", async () => {
    let begun = 0;
    const session = db.connect(async (connection) => {
      begun += 1;
      await connection.one(sleepFor(600));
    });
    const ended = session.catch((error: unknown) => error);
    await breakWrite();
    expect(await ended).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    expect(begun).toBe(1);
  });

  it("takes no statement for harmless because of its text where writes are run, and repeats reads and reports", async () => {
    await ask(
      database.url,
      `CREATE FUNCTION public.reverse(seconds FLOAT8) RETURNS TEXT LANGUAGE sql AS $$
         INSERT INTO notes (id) SELECT 1 FROM pg_sleep(CASE WHEN EXISTS (SELECT FROM notes WHERE id = 0) THEN 0 ELSE seconds END) RETURNING note
       $$`,
    );
    await ask(database.url, "CREATE VIEW slept AS SELECT reverse(600) AS note");
    const called = sql.type(z.object({ note: z.string() }))`SELECT reverse(600::FLOAT8) AS note`;
    const viewed = sql.type(z.object({ note: z.string() }))`SELECT note FROM slept`;
    for (const on of [db.write, db.background])
      for (const statement of [called, viewed]) {
        const unknown = on.any(statement).catch((error: unknown) => error);
        await breakWrite();
        expect(await unknown).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
        // The breaker counts failures in a row.
        await db.ready();
        await on.one(readSum);
      }
    expect(retries).toEqual([]);

    const sleeping = sql.type(z.object({ slept: z.boolean() }))`
      SELECT pg_sleep(CASE WHEN EXISTS (SELECT FROM notes WHERE id = 0) THEN 0 ELSE 600 END) IS NOT NULL AS slept
    `;
    for (const on of [db.read, db.analytics]) {
      const repeated = on.one(sleeping);
      await eventually("it runs", isSleeping);
      await ask(database.url, "INSERT INTO notes (id) VALUES (0)");
      await breakWrite();
      expect(await repeated).toEqual({ slept: true });
      await ask(database.url, "DELETE FROM notes WHERE id = 0");
    }
    expect(retries).toHaveLength(2);
  });

  it("returns a committed write in its time, with a token for the primary, when its position is not known by then", async () => {
    await using narrow = await createDatabase({
      ...closeWatch,
      primary: { url: database.url, min: 0, max: 2 },
    });
    const free = Promise.withResolvers<void>();
    const stop = new AbortController();
    const ended: string[] = [];
    let holder: Promise<void> | undefined;
    const written = narrow.writeWithToken(
      async (tx) => {
        // It waits in line for the one connection, and has it when the position is asked for.
        holder = narrow.connect(async () => {
          stop.abort();
          await free.promise;
        });
        await eventually("it waits", () => narrow.pools().some(({ waiting }) => waiting === 1));
        return await tx.one(addNote(1));
      },
      { signal: stop.signal },
    );
    const told = written.then((result) => {
      ended.push("written");
      return result;
    });
    await eventually("it is committed", () => stop.signal.aborted);
    await narrow.write.query(readSum, { timeoutMs: 2_000 }).catch(() => ended.push("late"));
    expect(await told).toMatchObject({ token: "primary", value: { id: 1 } });
    free.resolve();
    await holder;
    expect(ended).toEqual(["written", "late"]);
  });

  it("refuses a statement that is there to write where reads are run, and names the remedy", async () => {
    const write = sql.type(z.object({ id: z.int() }))`
      WITH added AS (INSERT INTO notes (id) VALUES (1) RETURNING id) SELECT id FROM added
    `;
    const searched = sql.type(nothing)`
      WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a WHERE n < 2) SEARCH DEPTH FIRST BY n SET o
      UPDATE notes SET note = note || 'x'
    `;
    const explained = sql.type(z.looseObject({}))`EXPLAIN ANALYZE CREATE TABLE made AS SELECT 1`;
    const refusal = { code: "INVALID_INPUT", hint: expect.stringContaining("db.write") };
    for (const on of [db.read, db.analytics]) {
      for (const statement of [addNote(1), write, searched, explained])
        await expect(on.any(statement)).rejects.toMatchObject(refusal);
      await expect(on.stream(write)[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal);
    }
    expect(await db.write.oneFirst(readSum)).toBe(0);
    expect(await ask(database.url, "SELECT id FROM notes WHERE id > 0")).toEqual([]);
  });

  it("tells of each call how long it took, how often it was started and where", async () => {
    const calls: unknown[] = [];
    db.on("call", (call) => calls.push(call));
    await db.write.one(addNote(1));
    await db.transaction((tx) => tx.query(conflict), { retries: 1 }).catch(() => {});
    const address = new URL(database.url).host;
    expect(calls).toEqual([
      {
        pool: "primary",
        kind: "statement",
        address,
        durationMs: expect.any(Number),
        attempts: 1,
        error: undefined,
      },
      {
        pool: "primary",
        kind: "transaction",
        address,
        durationMs: expect.any(Number),
        attempts: 2,
        error: expect.objectContaining({ errorClass: "conflict" }),
      },
    ]);
  });

  async function isSleeping(): Promise<boolean> {
    const rows = await ask(
      database.url,
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'",
    );
    return rows.length > 0;
  }

  async function isGone(): Promise<boolean> {
    const rows = await ask(
      database.url,
      "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
    );
    return rows.length === 0;
  }

  async function breakWrite(): Promise<void> {
    await eventually("it runs", isSleeping);
    await ask(
      database.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
    );
  }
});

/** Does nothing at all for some milliseconds: what the server sends meanwhile waits in the socket. */
function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Lets nobody on before `count` have come. */
function barrier(count: number): () => Promise<void> {
  const all = Promise.withResolvers<void>();
  let come = 0;
  return () => {
    come += 1;
    if (come === count) all.resolve();
    return all.promise;
  };
}
