import { describe, expect, it } from "vitest";
import { isReading } from "./is-reading.ts";

describe("a statement", () => {
  it.each([
    "SELECT 1",
    "(SELECT 1) UNION (SELECT 2)",
    "/* INSERT INTO t */ SELECT 'DELETE FROM t', \"into\" FROM t FOR UPDATE",
    "WITH a AS (SELECT update, delete FROM t) SELECT * FROM a FOR NO KEY UPDATE",
    "VALUES (1)",
    "TABLE t",
    "SHOW work_mem",
    "EXPLAIN ANALYZE SELECT 1",
    "EXPLAIN (SELECT count(refresh) FROM t)",
    "EXPLAIN (ANALYZE, FORMAT TEXT) DECLARE c CURSOR FOR SELECT 1",
    "WITH RECURSIVE a (n) AS (SELECT 1) SEARCH DEPTH FIRST BY n SET o SELECT n FROM a FOR UPDATE",
    "SELECT U&'\\0041'",
    "SET work_mem = '1MB'",
    "",
  ])("is there to read: %s", (text) => {
    expect(isReading(text)).toBe(true);
  });

  it.each([
    "INSERT INTO t VALUES (1)",
    "  -- SELECT\n update t set a = 1",
    "DELETE FROM t",
    "MERGE INTO t USING s ON (true) WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM t RETURNING *) SELECT * FROM gone",
    "WITH changed AS MATERIALIZED (UPDATE t SET a = 1 RETURNING *) SELECT * FROM changed",
    "WITH added AS (INSERT INTO t VALUES (1) RETURNING *) TABLE added",
    "WITH a AS (SELECT 1) DELETE FROM t",
    "SELECT 1 INTO t",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
    "EXPLAIN (ANALYZE) EXECUTE p",
    "WITH RECURSIVE a (n) AS (SELECT 1) SEARCH DEPTH FIRST BY n SET o UPDATE t SET a = 1",
    "WITH RECURSIVE a (n) AS (SELECT 1) CYCLE n SET c TO 1 DEFAULT 0 USING p DELETE FROM t",
    "EXPLAIN (ANALYZE) UPDATE t SET a = 1",
    "CREATE TABLE t AS SELECT 1",
    "TRUNCATE t",
    "CALL p()",
    "DO $$ BEGIN END $$",
    "EXECUTE p",
    "INSERT INTO t VALUES (U&'\\0041')",
  ])("is there to write: %s", (text) => {
    expect(isReading(text)).toBe(false);
  });
});
