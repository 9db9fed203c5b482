import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ServerPool } from "../../src/pool/server-pool.ts";
import type { Queryable } from "../../src/queryable/queryable.ts";
import { sql } from "../../src/statement/sql.ts";
import type { Statement } from "../../src/statement/statement.ts";
import { statementEffect } from "../../src/statement/statement-effect.ts";
import { any, backend, flag, number, text, usePoolDatabase } from "../support/server-pools.ts";

interface Leak {
  readonly name: string;
  readonly prepare?: readonly Statement[];
  readonly leave: readonly Statement[];
  /** True in a session in which nothing was left. */
  readonly gone: Statement;
}

/** Whether a setting has no value. */
const unset = (name: string) => flag`SELECT coalesce(current_setting(${name}, true), '') = '' AS value`;

const leaks: readonly Leak[] = [
  {
    name: "SET",
    leave: [any`SET work_mem = '7MB'`],
    gone: flag`SELECT current_setting('work_mem') <> '7MB' AS value`,
  },
  {
    name: "set_config",
    leave: [any`SELECT set_config('smith.leak', 'left', false)`],
    gone: flag`SELECT coalesce(current_setting('smith.leak', true), '') = '' AS value`,
  },
  {
    name: "set_config in a function of a user's own that sets search_path",
    prepare: [
      any`CREATE OR REPLACE FUNCTION public.stray() RETURNS TEXT LANGUAGE sql AS $$ SELECT pg_catalog.set_config('search_path', 'elsewhere', false) $$`,
    ],
    leave: [any`SELECT public.stray()`],
    gone: flag`SELECT current_setting('search_path') <> 'elsewhere' AS value`,
  },
  {
    name: "set_config in a function of a user's own in a schema of ours",
    prepare: [
      any`CREATE SCHEMA IF NOT EXISTS audit`,
      any`CREATE OR REPLACE FUNCTION audit.set_role_for() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('smith.leak', 'left', false) $$`,
    ],
    leave: [any`SELECT audit.set_role_for()`],
    gone: flag`SELECT coalesce(current_setting('smith.leak', true), '') = '' AS value`,
  },
  {
    name: "set_config behind a text with escapes that goes on in the next line",
    leave: [
      any`SELECT E'a'
'b\\'c', set_config('smith.leak', 'left', false) --'`,
    ],
    gone: unset("smith.leak"),
  },
  {
    name: "a setting with the prefix local",
    leave: [any`SET local.leak = 'left'`],
    gone: unset("local.leak"),
  },
  {
    name: "a setting with the prefix transaction",
    leave: [any`SET transaction.leak = 'left'`],
    gone: unset("transaction.leak"),
  },
  {
    name: "a setting with the prefix constraints",
    leave: [any`SET constraints.leak = 'left'`],
    gone: unset("constraints.leak"),
  },
  {
    name: "set_config in a user's function whose name is a quoted word of SQL",
    prepare: [
      any`CREATE OR REPLACE FUNCTION public."select"() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('smith.leak', 'left', false) $$`,
    ],
    leave: [any`SELECT "select"()`],
    gone: unset("smith.leak"),
  },
  {
    name: "set_config in a user's function whose name is a word of SQL",
    prepare: [
      any`CREATE OR REPLACE FUNCTION public.first() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('smith.leak', 'left', false) $$`,
    ],
    leave: [any`SELECT first()`],
    gone: unset("smith.leak"),
  },
  {
    name: "set_config in a user's function whose name looks like a clause",
    prepare: [
      any`CREATE OR REPLACE FUNCTION public.filter() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('smith.leak', 'left', false) $$`,
    ],
    leave: [any`SELECT filter()`],
    gone: unset("smith.leak"),
  },
  {
    name: "set_config in a user's function whose name begins with a space of other scripts",
    prepare: [
      any`CREATE OR REPLACE FUNCTION public."\u00a0now"() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('smith.leak', 'left', false) $$`,
    ],
    leave: [any`SELECT \u00a0now()`],
    gone: unset("smith.leak"),
  },
  {
    name: "set_config in a user's function whose name has a letter that looks like another",
    prepare: [
      any`CREATE OR REPLACE FUNCTION public."ran\u212a"() RETURNS TEXT LANGUAGE sql AS $$ SELECT set_config('smith.leak', 'left', false) $$`,
    ],
    leave: [any`SELECT ran\u212a()`],
    gone: unset("smith.leak"),
  },
  {
    name: "a temporary table",
    leave: [any`CREATE TEMP TABLE left_over (id INT)`],
    gone: flag`SELECT to_regclass('pg_temp.left_over') IS NULL AS value`,
  },
  {
    name: "a temporary table of SELECT INTO",
    leave: [any`SELECT 1 AS id INTO TEMP left_over`],
    gone: flag`SELECT to_regclass('pg_temp.left_over') IS NULL AS value`,
  },
  {
    name: "an advisory lock",
    leave: [any`SELECT pg_advisory_lock(4711)`],
    gone: flag`SELECT NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS value`,
  },
  {
    name: "LISTEN",
    leave: [any`LISTEN left_over`],
    gone: flag`SELECT NOT EXISTS (SELECT FROM pg_listening_channels()) AS value`,
  },
  {
    name: "PREPARE",
    leave: [any`PREPARE left_over AS SELECT 1`],
    gone: flag`SELECT NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'left_over') AS value`,
  },
  {
    name: "PREPARE inside DO",
    leave: [any`DO $$ BEGIN EXECUTE 'PREPARE left_over AS SELECT 1'; END $$`],
    gone: flag`SELECT NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'left_over') AS value`,
  },
  {
    name: "a cursor that outlives its transaction",
    leave: [any`DECLARE left_over CURSOR WITH HOLD FOR SELECT 1`],
    gone: flag`SELECT NOT EXISTS (SELECT FROM pg_cursors WHERE name = 'left_over') AS value`,
  },
  {
    name: "a role",
    leave: [any`SET ROLE pg_monitor`],
    gone: flag`SELECT current_user = session_user AS value`,
  },
  {
    name: "a session authorization",
    leave: [any`SET SESSION AUTHORIZATION pg_monitor`],
    gone: flag`SELECT session_user <> 'pg_monitor' AS value`,
  },
  {
    name: "a setting of transactions to come",
    leave: [any`SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`],
    gone: flag`SELECT current_setting('transaction_read_only') = 'off' AS value`,
  },
];

const setter = any`
  CREATE OR REPLACE FUNCTION public.set_it() RETURNS INT LANGUAGE plpgsql AS $$
    BEGIN PERFORM set_config('smith.hidden', 'left', false); RETURN 1; END $$
`;

/** What the text of a statement does not show. */
const hidden: readonly {
  readonly by: string;
  readonly prepare: readonly Statement[];
  readonly leave: Statement;
}[] = [
  {
    by: "a trigger",
    prepare: [
      any`CREATE TABLE watched (id INT)`,
      any`CREATE FUNCTION public.on_insert() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN PERFORM public.set_it(); RETURN NEW; END $$`,
      any`CREATE TRIGGER sets_it BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION public.on_insert()`,
    ],
    leave: any`INSERT INTO watched VALUES (1)`,
  },
  {
    by: "a view",
    prepare: [any`CREATE VIEW viewed AS SELECT public.set_it() AS id`],
    leave: any`SELECT id FROM viewed`,
  },
  {
    by: "a default",
    prepare: [any`CREATE TABLE defaulted (id INT DEFAULT public.set_it())`],
    leave: any`INSERT INTO defaulted DEFAULT VALUES`,
  },
  {
    by: "a check",
    prepare: [any`CREATE TABLE checked (id INT CHECK (public.set_it() = 1))`],
    leave: any`INSERT INTO checked VALUES (1)`,
  },
  {
    by: "a user's function with the name of a built-in one",
    prepare: [
      any`CREATE FUNCTION public.age(x INT) RETURNS INT LANGUAGE sql AS $$ SELECT public.set_it() $$`,
    ],
    leave: any`SELECT age(1)`,
  },
  {
    by: "a function that is called like a column",
    prepare: [
      any`CREATE TABLE attributed (id INT)`,
      any`CREATE FUNCTION public.att(attributed) RETURNS INT LANGUAGE sql AS $$ SELECT public.set_it() $$`,
      any`INSERT INTO attributed VALUES (1)`,
    ],
    leave: any`SELECT a.att FROM attributed AS a`,
  },
];

/** Makes a function of that name, which sets its session. */
const makeNamed = (word: string) => any`
  CREATE FUNCTION public.${sql.identifier([word])}(x TEXT DEFAULT '', y TEXT DEFAULT '') RETURNS TEXT LANGUAGE sql
  AS $$ SELECT set_config('smith.leak', 'left', false) $$`;

/** A statement of that text: a word of the grammar is none when it is quoted. */
const written = (text: string): Statement => ({ ...any`SELECT`, sql: text });

const callsOf = (word: string) =>
  [
    `SELECT ${word}()`,
    `SELECT 1, ${word}()`,
    `SELECT 1 + length(${word}('a', 'b'))`,
    `SELECT (SELECT ${word}())`,
    `SELECT * FROM ${word}() AS t`,
    `SELECT 1 WHERE ${word}('a') = 'left'`,
    `SELECT 1 WHERE NOT ${word}('a', 'b') = ''`,
    `VALUES (${word}())`,
    `SELECT 1 ORDER BY ${word}()`,
    `SELECT count(*) FROM pg_class GROUP BY relkind, ${word}(relkind::TEXT)`,
    `SELECT DISTINCT ON (1) ${word}('a', 'b')`,
    `SELECT 1 OPERATOR(pg_catalog.+) length(${word}('a', 'b'))`,
    `SELECT 'a' OPERATOR(pg_catalog.||) ${word}('a', 'b')`,
    `SELECT 1 FROM (VALUES (1)) AS a (b) JOIN (VALUES (1)) AS c (d) ON ${word}('a') = 'left' WHERE true`,
    `SELECT CASE WHEN ${word}() = '' THEN 1 ELSE 2 END`,
    `SELECT 'a' LIKE 'b' ESCAPE ${word}()`,
    `SELECT 1 LIMIT length(${word}())`,
  ].map(written);

describe.each(clusters())("the next user of a connection of PostgreSQL $major", (cluster) => {
  const database = usePoolDatabase(cluster);

  /** Leaves something behind, and asks the next user of what is proven to be the same connection. */
  async function isGone({ prepare = [], leave, gone }: Leak, leaveOn: LeaveOn): Promise<boolean> {
    const pool = database.pool();
    for (const statement of prepare) await pool.statements.query(statement);
    const before = await pool.statements.oneFirst(backend);
    await leaveOn(pool, async (on) => {
      for (const statement of leave) await on.query(statement);
    });
    expect(await pool.statements.oneFirst(backend)).toBe(before);
    return await pool.statements.oneFirst(gone);
  }

  describe.each(leaks)("does not meet $name", (leak) => {
    it.each(ways)("of %s", async (_, leaveOn) => {
      expect(await isGone(leak, leaveOn)).toBe(true);
    });
  });

  it("does not meet set_config in a user's function, whichever word of the grammar names that", async () => {
    const pool = database.pool({ max: 2 });
    const words = sql.type(z.object({ word: z.string() }))`
      SELECT k.word FROM pg_get_keywords() AS k
      WHERE
        k.catcode IN ('U', 'T')
        AND NOT EXISTS (
          SELECT FROM pg_proc AS p WHERE p.proname = k.word AND p.pronamespace = 'pg_catalog'::REGNAMESPACE
        )
      ORDER BY k.word`;
    const met: string[] = [];
    for (const { word } of await pool.statements.any(words)) {
      const made = pool.statements.query(makeNamed(word)).then(
        () => true,
        () => false,
      );
      if (!(await made)) continue;
      for (const call of callsOf(word)) if (await leaves(call)) met.push(call.sql);
    }
    expect(met).toEqual([]);

    // What is refused calls nothing; that it is not known costs a reset at most.
    async function leaves(call: Statement): Promise<boolean> {
      if (statementEffect(call.sql).session !== "none") return false;
      await pool.statements.query(call).catch(() => undefined);
      return !(await pool.statements.oneFirst(unset("smith.leak")));
    }
  });

  it("does not meet the last number of a sequence", async () => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE SEQUENCE left_over`);
    await pool.statements.query(any`SELECT nextval('left_over')`);
    await expect(pool.statements.query(any`SELECT lastval()`)).rejects.toMatchObject({ sqlState: "55000" });
  });

  it.each([
    ["open", []],
    ["failed", [any`SELECT 1 / 0`]],
  ])("does not meet a transaction that was left %s", async (_, failing) => {
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE IF NOT EXISTS kept (id INT)`);
    const before = await pool.statements.oneFirst(backend);
    const left = pool.connect(async (connection) => {
      await connection.query(any`BEGIN`);
      await connection.query(any`INSERT INTO kept VALUES (1)`);
      for (const statement of failing) await connection.query(statement);
    });
    await left.catch(() => {});
    expect(await pool.statements.oneFirst(backend)).toBe(before);
    expect(await pool.statements.oneFirst(number`SELECT count(*) AS value FROM kept`)).toBe(0);
  });

  it("keeps the plans that the one before had the server keep", async () => {
    const pool = database.pool();
    const kept = number`SELECT count(*) AS value FROM pg_prepared_statements WHERE NOT from_sql`;
    for (let time = 0; time < 3; time += 1) await pool.statements.query(any`SELECT 'asked again'`);
    await pool.statements.query(any`SET work_mem = '7MB'`);
    expect(await pool.statements.oneFirst(kept)).toBe(1);
  });

  it("does not meet a sequence of random numbers that was chosen", async () => {
    const pool = database.pool();
    const random = number`SELECT random() AS value`;
    const numbers: number[] = [];
    for (const choose of [any`SELECT setseed(0.5)`, any`SELECT setseed(0.5)`, any`SET seed = 0.5`]) {
      await pool.statements.query(choose);
      numbers.push(await pool.statements.oneFirst(random));
    }
    expect(new Set(numbers).size).toBe(3);
  });

  it.each([
    [any`LOAD 'plpgsql'`],
    [any`SELECT pg_create_physical_replication_slot('smith_left_' || pg_backend_pid(), false, true)`],
    [any`SELECT pg_backup_start('left', true)`],
    [any`PREPARE left_over AS SELECT pg_backup_start('left', true)`],
    [any`EXPLAIN EXECUTE given(pg_backup_start('left', true)::TEXT)`],
  ])("has another connection after what no reset takes away: $sql", async (leave) => {
    const pool = database.pool();
    const before = await pool.statements.oneFirst(backend);
    await pool.connect(async (connection) => {
      await connection.query(any`PREPARE given(TEXT) AS SELECT $1`);
      await connection.query(leave);
    });
    expect(await pool.statements.oneFirst(backend)).not.toBe(before);
  });

  it("does not meet set_config behind a text with escapes that needs no E", async () => {
    const pool = database.pool();
    await pool.transaction(async (tx) => {
      await tx.query(any`SET LOCAL standard_conforming_strings = off`);
      await tx.query(any`SELECT '\\'', set_config('smith.leak', 'left', false) --'`);
    });
    expect(await pool.statements.oneFirst(unset("smith.leak"))).toBe(true);
  });

  it.each([
    ["DEALLOCATE ALL", any`DEALLOCATE ALL`],
    ["DISCARD ALL", any`DISCARD ALL`],
    ["DEALLOCATE ALL inside DO", any`DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$`],
  ])("runs a transaction of kept statements at once after %s", async (_, forget) => {
    const pool = database.pool();
    const kept = number`SELECT 1 AS value`;
    for (let time = 0; time < 3; time += 1) await pool.statements.query(kept);
    const before = await pool.statements.oneFirst(backend);
    await pool.statements.query(forget);
    expect(await pool.transaction((tx) => tx.oneFirst(kept))).toBe(1);
    expect(await pool.statements.oneFirst(backend)).toBe(before);
  });

  describe.each(hidden)("meets what $by set", ({ prepare, leave }) => {
    it("unless every use is followed by a reset", async () => {
      const setting = text`SELECT current_setting('smith.hidden', true) AS value`;
      const pool = database.pool();
      await pool.statements.query(setter);
      for (const statement of prepare) await pool.statements.query(statement);
      await pool.statements.query(leave);
      expect(await pool.statements.oneFirst(setting)).toBe("left");
      const careful = database.pool({ sessionReset: "always" });
      await careful.statements.query(leave);
      expect(await careful.statements.oneFirst(setting)).not.toBe("left");
    });
  });

  it("meets the number that an INSERT took, unless every use is followed by a reset", async () => {
    const last = number`SELECT lastval() AS value`;
    const pool = database.pool();
    await pool.statements.query(any`CREATE TABLE numbered (id SERIAL)`);
    const careful = database.pool({ sessionReset: "always" });
    for (const on of [pool, careful]) await on.statements.query(any`INSERT INTO numbered DEFAULT VALUES`);
    expect(await pool.statements.oneFirst(last)).toBe(1);
    await expect(careful.statements.query(last)).rejects.toMatchObject({ sqlState: "55000" });
  });
});

type LeaveOn = (pool: ServerPool, leave: (on: Queryable) => Promise<void>) => Promise<void>;

const ways: readonly (readonly [string, LeaveOn])[] = [
  ["a single statement", (pool, leave) => leave(pool.statements)],
  ["a lent connection", (pool, leave) => pool.connect(leave)],
  ["a transaction", (pool, leave) => pool.transaction(leave)],
];
