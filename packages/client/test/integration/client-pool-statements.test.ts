import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sql } from "../../src/statement/sql.ts";
import { any, backend, flag, number, text, usePoolDatabase } from "../support/server-pools.ts";

describe.each(clusters())("a statement on PostgreSQL $major", (cluster) => {
  const database = usePoolDatabase(cluster);

  it("takes and returns a value of 10 MB", async () => {
    const value = "ä".repeat(5 * 1024 * 1024);
    const pool = database.pool();
    expect((await pool.statements.oneFirst(text`SELECT ${value}::TEXT AS value`)) === value).toBe(true);
  });

  it("takes every kind of value as it is", async () => {
    const row = sql.type(
      z.object({
        t: z.string(),
        i: z.int(),
        b: z.boolean(),
        n: z.null(),
        by: z.instanceof(Buffer),
        j: z.unknown(),
        a: z.array(z.string().nullable()),
        w: z.date(),
        l: z.string(),
      }),
    );
    const when = new Date("2026-01-02T03:04:05.678Z");
    const texts = ['a"b', "c\\d", "{e,f}", "NULL", "", null, "g'h", "ü\n"];
    const pool = database.pool();
    const found = await pool.statements.one(row`
      SELECT ${"x'\\y"}::TEXT AS t, ${7}::INT AS i, ${true}::BOOLEAN AS b, ${null}::TEXT AS n,
        ${sql.binary(Buffer.from([0, 255, 92]))}::BYTEA AS by, ${sql.jsonb({ k: ['"', "\\"] })} AS j,
        ${sql.array(texts, "text")} AS a, ${sql.timestamp(when)} AS w, ${2n ** 62n}::BIGINT AS l
    `);
    expect(found).toEqual({
      t: "x'\\y",
      i: 7,
      b: true,
      n: null,
      by: Buffer.from([0, 255, 92]),
      j: { k: ['"', "\\"] },
      a: texts,
      w: when,
      l: "4611686018427387904",
    });
  });

  it("with a NUL character is refused before it is sent, naming the parameter", async () => {
    const pool = database.pool();
    const call = pool.statements.query(any`SELECT ${1}::INT, ${"a\u0000b"}::TEXT`);
    await expect(call).rejects.toMatchObject({
      code: "INVALID_INPUT",
      details: { parameter: 2, position: 1 },
    });
    const listed = pool.statements.query(any`SELECT ${sql.array(["ok", "\u0000"], "text")}`);
    await expect(listed).rejects.toMatchObject({ code: "INVALID_INPUT", details: { parameter: 1 } });
    expect(pool.counts().idle).toBe(0);
    expect(() => any`SELECT ${sql.jsonb({ a: "x\u0000" })}`).toThrowError(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining("$.a") }),
    );
  });

  it("whose row does not meet its schema says which and where", async () => {
    const pool = database.pool();
    const statement = sql.type(z.object({ n: z.int().max(2) }))`SELECT n FROM generate_series(1, 3) AS n`;
    await expect(pool.statements.query(statement)).rejects.toMatchObject({
      code: "UNEXPECTED_ROW",
      details: { row: 3, issues: [{ path: "n" }] },
    });
  });

  it("that the server refuses says so in its own words", async () => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE refusing (id INT CONSTRAINT small CHECK (id < 5))`);
    const call = pool.statements.query(any`INSERT INTO refusing VALUES (7)`);
    await expect(call).rejects.toMatchObject({
      code: "DATABASE",
      errorClass: "constraint",
      cause: { constraint: "small", table: "refusing" },
    });
  });

  it("is kept by the server when it comes again, and not before", async () => {
    const pool = database.pool();
    const kept = flag`SELECT EXISTS (SELECT FROM pg_prepared_statements WHERE statement = 'SELECT 1 AS once') AS value`;
    const statement = any`SELECT 1 AS once`;
    await pool.statements.query(statement);
    expect(await pool.statements.oneFirst(kept)).toBe(false);
    await pool.statements.query(statement);
    expect(await pool.statements.oneFirst(kept)).toBe(true);
    const without = database.pool({ preparedStatements: false });
    for (let time = 0; time < 3; time += 1) await without.statements.query(statement);
    expect(await without.statements.oneFirst(kept)).toBe(false);
  });

  it("survives that the table is changed under its plan", async () => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE changing (id INT, name TEXT)`);
    const insert = (id: number) => any`INSERT INTO changing VALUES (${id}, 'x') RETURNING *`;
    const all = any`SELECT * FROM changing WHERE id > ${0}`;
    for (let id = 1; id < 4; id += 1) {
      await pool.statements.query(insert(id));
      await pool.statements.query(all);
    }
    await pool.statements.query(any`ALTER TABLE changing ALTER COLUMN id TYPE BIGINT, ADD COLUMN added INT`);
    const big = 5_000_000_000;
    expect((await pool.statements.query(insert(big))).rows).toEqual([
      { id: String(big), name: "x", added: null },
    ]);
    expect((await pool.statements.query(all)).rowCount).toBe(4);
    await pool.statements.query(any`ALTER TABLE changing ALTER COLUMN id TYPE TEXT`);
    const named = any`SELECT * FROM changing WHERE id = ${"1"}`;
    expect((await pool.statements.query(named)).rows).toEqual([{ id: "1", name: "x", added: null }]);
  });

  it("of a transaction fails on one connection at most when the table is changed under its plan, and says that it may run again", async () => {
    const pool = database.pool({ max: 2 });
    await pool.statements.query(any`CREATE TABLE moving (id INT)`);
    await pool.statements.query(any`INSERT INTO moving VALUES (1)`);
    const all = any`SELECT * FROM moving`;
    // Both connections have the server keep it.
    await pool.connect(async (one) => {
      for (let time = 0; time < 3; time += 1) await one.query(all);
      for (let time = 0; time < 3; time += 1) await pool.statements.query(all);
    });
    await pool.statements.query(any`ALTER TABLE moving ADD COLUMN added INT`);
    const failed = pool.transaction((tx) => tx.query(all));
    await expect(failed).rejects.toMatchObject({
      errorClass: "conflict",
      retryable: true,
      sqlState: "0A000",
    });
    await pool.transaction(async (one) => {
      const both = [await one.any(all), await pool.transaction((other) => other.any(all))];
      expect(both).toEqual([[{ id: 1, added: null }], [{ id: 1, added: null }]]);
    });
  });

  it("of a transaction may run again when the server forgot it, and is prepared anew", async () => {
    const pool = database.pool();
    const statement = number`SELECT 1 AS value`;
    for (let time = 0; time < 3; time += 1) await pool.statements.query(statement);
    const forgetful = pool.transaction(async (tx) => {
      await tx.query(any`DEALLOCATE ALL`);
      await tx.query(statement);
    });
    await expect(forgetful).rejects.toMatchObject({ errorClass: "conflict", sqlState: "26000" });
    expect(await pool.transaction((tx) => tx.oneFirst(statement))).toBe(1);
  });

  it("survives that the server forgot it", async () => {
    const pool = database.pool();
    const statement = number`SELECT 1 AS value`;
    for (let time = 0; time < 3; time += 1) await pool.statements.query(statement);
    await pool.connect(async (connection) => {
      await connection.query(any`DISCARD PLANS`);
      await connection.query(any`DEALLOCATE ALL`);
      expect(await connection.oneFirst(statement)).toBe(1);
      expect(await connection.oneFirst(statement)).toBe(1);
    });
    expect(await pool.statements.oneFirst(statement)).toBe(1);
  });

  it("is among no more than a bounded number that the server keeps", async () => {
    const pool = database.pool();
    await pool.connect(async (connection) => {
      for (let n = 0; n < 300; n += 1)
        for (let time = 0; time < 2; time += 1) {
          const statement = { ...any`SELECT 1`, sql: `SELECT ${n}` };
          await connection.query(statement);
        }
      const kept = await connection.oneFirst(number`SELECT count(*) AS value FROM pg_prepared_statements`);
      expect(kept).toBe(256);
    });
  });

  it("that fails does not break the connection for the next one", async () => {
    const pool = database.pool();
    const before = await pool.statements.oneFirst(backend);
    for (const broken of [
      any`SELECT no_such_column`,
      any`SELEC`,
      any`COPY (SELECT 1) TO STDOUT`,
      any`SELECT 1; SELECT 2`,
    ])
      await pool.statements.query(broken).catch(() => {});
    await expect(pool.statements.query(any`COPY pg_class FROM STDIN`)).rejects.toMatchObject({
      code: "DATABASE",
    });
    expect(await pool.statements.oneFirst(backend)).toBe(before);
  });

  it("on a lent connection is refused once that was given back", async () => {
    const pool = database.pool();
    const escaped = await pool.connect(async (connection) => ({ connection }));
    await expect(escaped.connection.query(backend)).rejects.toMatchObject({ code: "WRONG_STATUS" });
  });
});
