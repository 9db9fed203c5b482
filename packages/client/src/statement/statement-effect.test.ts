import { describe, expect, it } from "vitest";
import { statementEffect } from "./statement-effect.ts";

describe("the effect of a statement", () => {
  it.each([
    "SELECT 1",
    "select count(*) from agents.registry where name = 'SET x; select set_config(1)'",
    "/* SET a */ -- LISTEN\nSELECT now(), lower($1), pg_catalog.upper('x')",
    "SELECT $tag$ set_config('a', 'b', false) $tag$, E'\\' || set_config(', \"set_config\" FROM t",
    "WITH a AS (SELECT 1), b AS MATERIALIZED (SELECT 2) SELECT * FROM a JOIN b ON (true) WHERE x IN (1, 2)",
    "SELECT x::numeric(10, 2), CAST(y AS varchar(3)), z::character varying(3) FROM unnest($1::text[]) AS t (x)",
    "VALUES (1), (2)",
    "SHOW work_mem",
    "SELECT 1;",
    "(SELECT count(*) FILTER (WHERE (true)) OVER (PARTITION BY (a)) FROM t GROUP BY (a)) UNION (SELECT 2)",
    "SELECT E'a\\'' -- of two lines\n 'b\\'c, set_config('",
    "SELECT 'it''s', \"select\" FROM \"set\" WHERE a LIKE ANY ($1) LIMIT (2)",
    "SELECT a FROM t GROUP BY ROLLUP (a)",
    "SELECT a FROM t GROUP BY CUBE (a, b) ORDER BY (a)",
    "SELECT a FROM t GROUP BY GROUPING SETS ((a), ())",
    "SELECT * FROM a JOIN (SELECT 1 AS b) AS c ON (true) CROSS JOIN (b LEFT JOIN (c) ON (true))",
    "WITH a AS NOT MATERIALIZED (SELECT 1), b AS MATERIALIZED (SELECT 1) SELECT * FROM a, b",
    "SELECT mode() WITHIN GROUP (ORDER BY a) FILTER (WHERE (b)) FROM t",
  ])("is none, and nothing is written: %s", (text) => {
    expect(statementEffect(text)).toMatchObject({ session: "none", readOnly: true });
  });

  it.each([
    "INSERT INTO agents.state (a, b) VALUES ($1, $2) ON CONFLICT (a) DO UPDATE SET b = EXCLUDED.b RETURNING a",
    "INSERT INTO t (a, b) VALUES (1, 2) ON CONFLICT (a) DO UPDATE SET (b) = (SELECT 1)",
    "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO u (x) SELECT x FROM gone",
    "MERGE INTO t USING (SELECT 1) AS s (x) ON (t.x = s.x) WHEN MATCHED THEN DELETE",
    "SELECT tasks.cancel($1)",
    'SELECT * FROM "tasks" . claim($1)',
    "SELECT set_config('a', 'b', true)",
    "SELECT pg_advisory_xact_lock(hashtext($1))",
    "SET LOCAL work_mem = '1MB'",
    "SAVEPOINT a",
    "ROLLBACK TO SAVEPOINT a",
  ])("is none on the session, but it may write: %s", (text) => {
    expect(statementEffect(text)).toMatchObject({ session: "none", readOnly: false, boundary: false });
  });

  it.each([
    "SELECT public.mine()",
    "SELECT mine($1)",
    "SELECT audit.mine($1)",
    "SELECT other.cancel($1)",
    "SELECT a.tasks.cancel($1)",
    'SELECT "tasks.cancel"($1)',
    'SELECT "TASKS".cancel($1)',
    'SELECT "Lower"(x)',
    "SELECT other.lower(x)",
    "SELECT a.b.lower(x)",
    "SELECT 1 INTO t",
    "SELECT first(a), last(a) FROM t",
    'SELECT "select"()',
    "SELECT filter(a), over(a) FROM t",
    "SELECT DISTINCT ON (a) over(b) FROM t",
    "SELECT a OPERATOR(pg_catalog.=) filter(b) FROM t",
    "SELECT by(), conflict(), cube(), escape(), ilike(), join(), like(), materialized(), overlaps(), set(), sets()",
    "SELECT rollup(a) FROM t GROUP BY a ORDER BY (a)",
    "SELECT a FROM t ORDER BY cube(a)",
    "SELECT a FROM t JOIN u ON conflict(a) WHERE true",
    "SELECT a FROM t WHERE NOT materialized(a)",
    "SELECT \u00a0now()",
    "SELECT \u00a0()",
    "SELECT ran\u212a()",
    "SELECT a LIKE $1 ESCAPE '\\'",
    "SELECT '\\'', set_config('a', 'b', false) --'",
    "EXPLAIN SELECT pg_advisory_lock(1)",
    "DECLARE c CURSOR WITHOUT HOLD FOR SELECT 1",
    "SELECT nextval('s')",
    "SELECT query_to_xml('SELECT set_config(1)', true, true, '')",
    "DO $$ BEGIN END $$",
    "CALL p()",
    "CREATE TABLE t (a INT)",
    "DECLARE c CURSOR FOR SELECT 1",
    "SELECT 1; SET work_mem = '1MB'",
    "EXPLAIN SELECT 1",
    "SELECT U&'\\0041'",
    "SELECT 'never closed",
    "/* never closed",
    "",
  ])("is not known: %s", (text) => {
    expect(statementEffect(text)).toMatchObject({ session: "unknown", readOnly: false });
  });

  it.each([
    "SET work_mem = '1MB'",
    "SET SESSION AUTHORIZATION x",
    "SELECT set_config('a', 'b', false)",
    "SELECT set_config('a', 'b', $1)",
    "SELECT set_config('a', f(true), false), lower('x')",
    "SELECT pg_advisory_lock(1)",
    "SELECT /* nested /* comment */ */ pg_catalog . pg_try_advisory_lock (1)",
    'SELECT "pg_catalog"."set_config"($1, $2, false)',
    "LISTEN a",
    "PREPARE a AS SELECT 1",
    "CREATE TEMP TABLE t (a INT)",
    "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1",
    "DISCARD ALL",
    "SELECT 1 INTO TEMP t",
    "SELECT 1 INTO pg_temp.t",
    "SELECT mine(), pg_advisory_lock(1)",
    "CREATE TABLE pg_temp.t AS SELECT 1",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
    "EXPLAIN ANALYZE SELECT pg_advisory_lock(1)",
    "EXPLAIN (ANALYZE, COSTS OFF) SELECT pg_advisory_lock(1)",
    "COPY (SELECT pg_advisory_lock(1)) TO '/dev/null'",
    "CREATE TABLE t AS SELECT pg_advisory_lock(1)",
    "SELECT E'a'\n'b\\'c', set_config('a', 'b', false) --'",
    "(SELECT pg_advisory_lock(1))",
    "; SELECT pg_advisory_lock(1)",
    "SET local.a = 'b'",
    "SET transaction.a = 'b'",
    "SET constraints . a TO DEFAULT",
    "SELECT 1 INTO GLOBAL TEMPORARY t",
    "EXECUTE p(set_config('a', 'b', false))",
    "EXPLAIN EXECUTE p(pg_advisory_lock(1))",
    "CALL p(pg_advisory_lock(1))",
    "ALTER TABLE t ADD COLUMN a TEXT DEFAULT set_config('a', 'b', false)",
    "SELECT set_config('a', 'b', f(1, true))",
    "SELECT set_config('a', 'b', false OR true)",
    "SELECT set_config(is_local => false, setting_name => 'a', new_value => 'b')",
  ])("is on the session: %s", (text) => {
    expect(statementEffect(text).session).toBe("session");
  });

  it.each([
    "LOAD 'auto_explain'",
    "SELECT pg_advisory_lock(1), pg_replication_origin_session_setup('a')",
    "SELECT public.dblink_connect('a', 'b')",
    "EXPLAIN ANALYZE SELECT dblink_connect('a', 'b')",
    "(SELECT dblink_connect('a', 'b'))",
    "PREPARE p AS SELECT dblink_connect('a', 'b')",
    "EXECUTE p(dblink_connect('a', 'b'))",
    "CREATE TEMP TABLE t AS SELECT dblink_connect('a', 'b')",
    "SELECT pg_backup_start('a', true)",
    "SELECT pg_create_physical_replication_slot('a', false, true)",
    "SELECT pg_create_logical_replication_slot('a', array_to_string(ARRAY['b', 'c'], ','), $1)",
    "SELECT pg_create_logical_replication_slot('a', 'b', temporary => true)",
    "SELECT pg_copy_physical_replication_slot('a', 'b', 1 = 1)",
  ])("is on the session for as long as that is open: %s", (text) => {
    expect(statementEffect(text).session).toBe("lasting");
  });

  it.each([
    "SELECT pg_create_physical_replication_slot('a', true)",
    "SELECT pg_create_logical_replication_slot('a', array_to_string(ARRAY['b', 'c'], ','), false, true)",
    "GRANT EXECUTE ON FUNCTION dblink_connect(TEXT), pg_advisory_lock(BIGINT) TO PUBLIC",
    "CREATE VIEW v AS SELECT pg_advisory_lock(1)",
  ])("is not for as long as the session is open: %s", (text) => {
    expect(statementEffect(text).session).toBe("unknown");
  });

  it.each(["COMMIT", "end", "COMMIT AND CHAIN"])("is to commit: %s", (text) => {
    expect(statementEffect(text)).toMatchObject({ commits: true, boundary: true });
  });

  it.each([
    "SELECT mine()",
    "(SELECT 1) UNION (SELECT 2)",
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING id) SELECT id FROM a",
    "SELECT U&'\\0041'",
    "INSERT INTO t (concurrently) VALUES ('CALL p()')",
    "CREATE INDEX i ON t (a)",
    "ALTER TABLE t ADD COLUMN database INT",
    "TRUNCATE t",
    "EXECUTE kept",
    "COPY t TO '/dev/null'",
  ])("is all or nothing outside a transaction: %s", (text) => {
    expect(statementEffect(text).atomic).toBe(true);
  });

  it.each([
    "CALL p()",
    "/* SELECT */ call p()",
    "DO $$ BEGIN COMMIT; END $$",
    "CALL p(U&'\\0041')",
    "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
    "DROP INDEX CONCURRENTLY i",
    "REINDEX DATABASE d",
    "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
    "VACUUM",
    "ANALYZE",
    "CLUSTER",
    "CREATE DATABASE d",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "something new",
    "",
  ])("is not known to be all or nothing outside a transaction: %s", (text) => {
    expect(statementEffect(text).atomic).toBe(false);
  });
});
