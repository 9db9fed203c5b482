import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { sql } from "../../src/index.ts";
import { ownFunctions } from "../../src/statement/own-functions.ts";
import { useClientDatabase } from "../support/client-database.ts";

const name = sql.type(z.object({ name: z.string() }));
const nothing = sql.type(z.object({}));

/** The functions of the database that no extension brought. */
const all = sql.fragment`
  SELECT
    n.nspname || '.' || f.proname AS full_name, f.prosrc, f.prorettype = 'trigger'::REGTYPE AS is_trigger
  FROM pg_proc AS f
    JOIN pg_namespace AS n ON n.oid = f.pronamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::REGCLASS AND d.objid = f.oid AND d.deptype = 'e')
`;

const callable = name`
  SELECT DISTINCT full_name AS name FROM (${all}) AS f WHERE NOT is_trigger ORDER BY name
`;

/** What would outlive the transaction: not set_config(…, TRUE), SET LOCAL, and the SET of an UPDATE or of a function. */
const setters = name`
  SELECT full_name AS name
  FROM (${all}) AS f,
    regexp_replace(prosrc, '--[^\n]*', '', 'g') AS bare,
    regexp_replace(bare, 'set_config\\s*\\([^()]*,\\s*TRUE\\)', '', 'gi') AS rest
  -- It takes back what it prepares, whatever happens: see schema-monitoring.
  WHERE full_name <> 'monitoring.generic_plan' AND (
    rest ~* '\\mset_config\\M'
    OR rest ~* '(^|;|''|\\m(begin|then|else|loop)\\M)\\s*(set\\s+(?!(local|to)\\M)|reset\\M|listen\\M|unlisten\\M|prepare\\M|deallocate\\M|discard\\M|load\\M)'
    OR rest ~* '\\m(temp|temporary|pg_temp)\\M'
    OR rest ~* '\\m(pg_advisory_lock|pg_advisory_lock_shared|pg_try_advisory_lock|pg_try_advisory_lock_shared|setseed|nextval)\\M'
    OR rest ~* '\\m(dblink\\w*|pg_replication_origin\\w*)\\M'
  )
  ORDER BY name
`;

describe.each(clusters())("the functions of the migrations on PostgreSQL $major", (on) => {
  const database = useClientDatabase(on);

  it("are those whose calls are trusted to leave their session as it is", async () => {
    const made = await database().db.write.anyFirst(callable);
    expect([...ownFunctions].sort()).toEqual(made);
  });

  it("leave their session as it is, with the triggers among them", async () => {
    expect(await database().db.write.anyFirst(setters)).toEqual([]);
  });

  it.each([
    "SELECT set_config('a.b', $1, FALSE)",
    "SELECT set_config('a.b', $1, TRUE), pg_catalog.set_config('a.c', $1, length($1) > 1)",
    "SELECT length($1); SET work_mem = '1MB'",
    "SELECT length($1); DISCARD ALL",
    "CREATE TEMP TABLE t (a INT)",
    "SELECT pg_advisory_lock(1)",
  ])("would be found when one did not: %s", async (body) => {
    const { db } = database();
    await db.transaction(async (tx) => {
      await tx.query(nothing`SELECT set_config('check_function_bodies', 'off', TRUE)`);
      const [before, after] = [
        "CREATE FUNCTION audit.planted(TEXT) RETURNS VOID LANGUAGE sql AS $f$ ",
        " $f$",
      ];
      await tx.query({ ...nothing``, sql: before + body + after });
      expect(await tx.anyFirst(setters)).toEqual(["audit.planted"]);
      await tx.query(nothing`DROP FUNCTION audit.planted`);
    });
  });
});
