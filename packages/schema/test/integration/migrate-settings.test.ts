import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { migrateUp } from "../../src/index.ts";
import { loginRole } from "../support/login-role.ts";
import { migrationLab } from "../support/migration-lab.ts";

const names = [
  "search_path",
  "statement_timeout",
  "lock_timeout",
  "idle_in_transaction_session_timeout",
  "client_encoding",
  "standard_conforming_strings",
  "check_function_bodies",
  "TimeZone",
  "DateStyle",
  "role",
  "application_name",
  "default_transaction_isolation",
];
const note = `CREATE TABLE IF NOT EXISTS public.seen (file INT, name TEXT, value TEXT);
INSERT INTO public.seen SELECT %, name, current_setting(name) FROM unnest(ARRAY['${names.join("','")}']) AS name;`;
const expected = {
  search_path: "public",
  statement_timeout: "0",
  lock_timeout: "500ms",
  idle_in_transaction_session_timeout: "1min",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  check_function_bodies: "on",
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  role: "none",
  application_name: "smith migrate",
  default_transaction_isolation: "read committed",
};

describe.each(clusters())("the settings of a migration on PostgreSQL $major", (cluster) => {
  it("are the same whatever role and database say, and whatever the file before has set", async () => {
    await using lab = await migrationLab(cluster);
    await using role = await loginRole(lab);
    const { pathname } = new URL(lab.url);
    const database = pathname.slice(1);
    await lab.rows(`ALTER DATABASE "${database}" SET search_path = nowhere`);
    await lab.rows(`ALTER DATABASE "${database}" SET TimeZone = 'Asia/Tokyo'`);
    await lab.rows(`ALTER DATABASE "${database}" SET statement_timeout = '1s'`);
    await lab.rows(`ALTER DATABASE "${database}" SET DateStyle = 'German'`);
    await lab.rows(`GRANT CREATE ON SCHEMA public TO ${role.name}`);
    await lab.write({
      "00001_first.up.sql": note.replace("%", "1"),
      "00002_set.up.sql": `SET search_path = pg_catalog; SET lock_timeout = 0; SET TimeZone = 'Europe/Paris';
SELECT set_config('statement_timeout', '9s', FALSE); SET LOCAL check_function_bodies = off; SET ROLE ${role.name};`,
      "00003_third.up.sql": note.replace("%", "3"),
      "00004_session.up.sql": `SET SESSION AUTHORIZATION ${role.name}; CREATE TABLE public.owned (); SET search_path = nowhere;`,
      "00005_outside.up.sql":
        "SET search_path = pg_catalog; SET client_encoding = 'LATIN1'; VACUUM public.seen;",
      "00006_sixth.up.sql": note.replace("%", "6"),
    });
    expect(await migrateUp(lab.options)).toMatchObject({ to: 6 });
    for (const file of [1, 3, 6]) {
      const seen = await lab.rows("SELECT name, value FROM public.seen WHERE file = $1", [file]);
      expect(Object.fromEntries(seen.map(({ name, value }) => [name, value]))).toEqual(expected);
    }
    expect(await lab.rows("SELECT DISTINCT installed_by FROM public.schema_migrations")).toEqual([
      { installed_by: "postgres" },
    ]);
    expect(await lab.rows("SELECT tableowner FROM pg_tables WHERE tablename = 'owned'")).toEqual([
      { tableowner: role.name },
    ]);
  });

  it("are put back for the next file also when a file was begun again", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_t.up.sql": "CREATE TABLE t ();" });
    await migrateUp(lab.options);
    await lab.write({
      "00002_set.up.sql": "SET TimeZone = 'Europe/Paris'; ALTER TABLE t ADD COLUMN a INT;",
      "00003_note.up.sql": note.replace("%", "3"),
    });
    const reader = await lab.connect();
    await reader.query("BEGIN; SELECT 1 FROM t");
    const released: Promise<unknown>[] = [];
    await migrateUp({
      ...lab.options,
      lockRetryDelayMs: 10,
      onEvent: (event) => {
        if (event.type === "lock-retry" && event.scope === "file") released.push(reader.query("COMMIT"));
      },
    });
    expect(released.length).toBeGreaterThan(0);
    expect(await lab.rows("SELECT value FROM seen WHERE name = 'TimeZone'")).toEqual([{ value: "UTC" }]);
  });
});
