import { describe, expect, it } from "vitest";
import { parseStatements } from "./parse-statements.ts";
import { transactionMode } from "./transaction-mode.ts";

const parse = (sql: string) => parseStatements(sql, "00001_x.up.sql");

describe("splitting a migration into statements", () => {
  it("cuts by bytes, so that letters beyond ASCII and comments do not shift a statement", async () => {
    const statements = await parse(
      "-- é ß 漢 comment\nCREATE TABLE é (a int);\n/* ü */ SELECT 'ö;ö' -- tail\n;\n-- end\n",
    );
    expect(statements).toMatchObject([
      { index: 0, line: 2, text: "CREATE TABLE é (a int)", tag: "CreateStmt", transactional: true },
      { index: 1, line: 3, text: "SELECT 'ö;ö' -- tail", tag: "SelectStmt" },
    ]);
  });

  it.each([[""], ["  \n"], ["-- nothing yet\n/* here */"], [";;"]])(
    "finds no statement in %j",
    async (sql) => {
      expect(await parse(sql)).toEqual([]);
    },
  );

  it("reports a syntax error with file, line and column, counted in characters", async () => {
    await expect(parse("SELECT 1;\nSELECT 'é😀', FROM t")).rejects.toMatchObject({
      code: "MIGRATION_SYNTAX",
      details: { file: "00001_x.up.sql", line: 2, column: 14 },
    });
  });

  it.each([
    ["BEGIN; SELECT 1; COMMIT", "MIGRATION_UNSUPPORTED"],
    ["SELECT 1; ROLLBACK", "MIGRATION_UNSUPPORTED"],
    ["SAVEPOINT x", "MIGRATION_UNSUPPORTED"],
    ["COPY t FROM STDIN", "MIGRATION_UNSUPPORTED"],
    ["DISCARD ALL", "MIGRATION_UNSUPPORTED"],
    ["DEALLOCATE ALL", "MIGRATION_UNSUPPORTED"],
    ["CREATE INDEX CONCURRENTLY ON t (a)", "MIGRATION_UNSUPPORTED"],
    ["\\set x 1\nSELECT 1", "MIGRATION_SYNTAX"],
    ["COPY t FROM stdin;\n1\t2\n\\.\n", "MIGRATION_SYNTAX"],
  ])("refuses %j", async (sql, code) => {
    await expect(parse(sql)).rejects.toMatchObject({ code });
  });

  it("explains psql commands and COPY data", async () => {
    await expect(parse("\\d t")).rejects.toMatchObject({ hint: expect.stringContaining("psql") });
    await expect(parse("COPY t FROM stdin;\n1\t2\n\\.\n")).rejects.toMatchObject({
      hint: expect.stringContaining("INSERT"),
    });
  });
});

describe("the lock of the runners", () => {
  it.each([
    "SELECT pg_advisory_unlock_all()",
    "SELECT a FROM t WHERE pg_catalog.pg_advisory_unlock(1)",
    "DO $$ BEGIN END $$;\nWITH x AS (SELECT pg_advisory_unlock_shared(1, 2)) SELECT FROM x",
  ])("is not given back by %s", async (sql) => {
    await expect(parse(sql)).rejects.toMatchObject({
      code: "MIGRATION_UNSUPPORTED",
      message: expect.stringContaining("the lock that keeps other runners out"),
      details: { line: sql.split("\n").length },
    });
  });

  it("may be given back by a function that the file only creates", async () => {
    const body = "BEGIN ATOMIC SELECT pg_advisory_unlock(1); END";
    expect(await parse(`CREATE FUNCTION f() RETURNS boolean LANGUAGE sql ${body}`)).toHaveLength(1);
  });
});

describe("recognising statements that cannot run in a transaction", () => {
  it.each([
    "CREATE INDEX CONCURRENTLY i ON t (a)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX (CONCURRENTLY) TABLE t",
    "REINDEX SCHEMA s",
    "VACUUM t",
    "CLUSTER",
    "CREATE DATABASE d",
    "DROP DATABASE d",
    "ALTER DATABASE d SET TABLESPACE x",
    "CREATE TABLESPACE x LOCATION '/x'",
    "DROP TABLESPACE x",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p",
    "ALTER SUBSCRIPTION s REFRESH PUBLICATION",
    "DROP SUBSCRIPTION s",
  ])("%s", async (sql) => {
    expect(await parse(sql)).toMatchObject([{ transactional: false }]);
  });

  it.each([
    "CREATE INDEX i ON t (a)",
    "REINDEX (CONCURRENTLY false) TABLE t",
    "ANALYZE t",
    "CLUSTER t USING i",
    "ALTER TABLE p DETACH PARTITION c",
    "ALTER TABLE p DETACH PARTITION c FINALIZE",
    "ALTER TYPE e ADD VALUE 'x'",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
    "ALTER DATABASE d SET work_mem = '1MB'",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (create_slot = false)",
    "CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p WITH (connect = off)",
    "ALTER SUBSCRIPTION s SET PUBLICATION p WITH (refresh = false)",
  ])("but not %s", async (sql) => {
    expect(await parse(sql)).toMatchObject([{ transactional: true }]);
  });

  it("reads what an index that is built concurrently is called", async () => {
    expect(await parse("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a)")).toMatchObject([
      { concurrentIndex: { schema: "s", table: "t", index: "i", ifNotExists: true } },
    ]);
  });
});

describe("the way a file is run", () => {
  const mode = async (sql: string) => transactionMode(await parse(sql), "00001_x.up.sql");

  it("is one transaction where nothing forbids it", async () => {
    expect(await mode("CREATE TABLE t (); ALTER TABLE t ADD a int")).toBe("transaction");
    expect(await mode("-- empty")).toBe("transaction");
  });

  it("is statement by statement where all demand it, with settings in front", async () => {
    expect(
      await mode("SET maintenance_work_mem = '1GB'; CREATE INDEX CONCURRENTLY i ON t (a); VACUUM t"),
    ).toBe("statements");
  });

  it("is refused when a file mixes both, with the lines to move", async () => {
    await expect(mode("CREATE TABLE t (a int);\nCREATE INDEX CONCURRENTLY i ON t (a)")).rejects.toMatchObject(
      { code: "MIGRATION_MIXED", details: { outsideLines: [2], insideLines: [1] } },
    );
  });
});
