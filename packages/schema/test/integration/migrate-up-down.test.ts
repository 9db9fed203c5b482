import { readFile } from "node:fs/promises";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import {
  baselineMigrations,
  checkMigrations,
  createMigration,
  type MigrationEvent,
  migrateDown,
  migrateRedo,
  migrateUp,
  migrationExitCode,
  migrationStatus,
  planMigrations,
  readMigrationFolder,
} from "../../src/index.ts";
import { loginRole } from "../support/login-role.ts";
import { migrationLab } from "../support/migration-lab.ts";

const three = {
  "00001_accounts.up.sql":
    "-- the first\nCREATE SCHEMA app;\nCREATE TABLE app.account (id BIGINT PRIMARY KEY, name TEXT);\n",
  "00001_accounts.down.sql": "DROP TABLE app.account;\nDROP SCHEMA app;\n",
  "00002_nothing.up.sql": "-- nothing at all\n",
  "00002_nothing.down.sql": "",
  "00003_by_name.up.sql": "CREATE INDEX CONCURRENTLY account_by_name ON app.account (name);\n",
  "00003_by_name.down.sql": "DROP INDEX CONCURRENTLY app.account_by_name;\n",
};

const appTables = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('app') ORDER BY 1";

describe.each(clusters())("migrating on PostgreSQL $major", (cluster) => {
  it("applies what waits, once, and records each file with its checksum", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    const events: MigrationEvent[] = [];
    const first = await migrateUp({ ...lab.options, onEvent: (event) => events.push(event) });
    expect(first).toMatchObject({ direction: "up", from: 0, to: 3, table: "public.schema_migrations" });
    expect(first.migrations).toMatchObject([
      { version: 1, statements: 2, transactional: true },
      { version: 2, statements: 0, transactional: true },
      { version: 3, statements: 1, transactional: false },
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      "migration-started",
      "statement-finished",
      "statement-finished",
      "migration-finished",
      "migration-started",
      "migration-finished",
      "migration-started",
      "statement-finished",
      "migration-finished",
    ]);
    const files = await readMigrationFolder(lab.folder);
    expect(
      await lab.rows("SELECT version::int, description, checksum FROM schema_migrations ORDER BY 1"),
    ).toEqual(files.map(({ version, name, up }) => ({ version, description: name, checksum: up.checksum })));
    expect(
      await lab.rows(
        "SELECT 1 AS bad FROM schema_migrations WHERE execution_time IS NULL OR execution_time <= '0' OR installed_by <> current_user",
      ),
    ).toEqual([]);
    expect((await migrateUp(lab.options)).migrations).toEqual([]);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
  });

  it("makes the tracking table exactly as specified, with comments and nothing for PUBLIC", async () => {
    await using lab = await migrationLab(cluster);
    await lab.rows("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC");
    await lab.write(three);
    await migrateUp(lab.options);
    expect(
      await lab.rows(`
        SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS "notNull",
          pg_get_expr(d.adbin, d.adrelid) AS default
        FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = 'schema_migrations'::regclass AND a.attnum > 0 ORDER BY a.attnum`),
    ).toEqual([
      { name: "version", type: "bigint", notNull: true, default: null },
      { name: "description", type: "text", notNull: true, default: null },
      { name: "installed_on", type: "timestamp with time zone", notNull: false, default: "now()" },
      { name: "installed_by", type: "text", notNull: false, default: "CURRENT_USER" },
      { name: "execution_time", type: "interval", notNull: false, default: null },
      { name: "checksum", type: "character varying(64)", notNull: false, default: null },
    ]);
    expect(
      await lab.rows(`
        SELECT c.relname, a.attname
        FROM pg_class AS c LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relname LIKE 'schema\\_migrations%' AND c.relkind = 'r'
          AND (obj_description(c.oid) IS NULL OR col_description(c.oid, a.attnum) IS NULL)`),
    ).toEqual([]);
    expect(
      await lab.rows(`
        SELECT relname FROM pg_class AS c, aclexplode(c.relacl) AS acl
        WHERE relname LIKE 'schema\\_migrations%' AND acl.grantee = 0`),
    ).toEqual([]);
  });

  it("goes down by steps and to a version, and up to a version", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    expect(await migrateUp({ ...lab.options, to: 2 })).toMatchObject({ from: 0, to: 2 });
    expect(await migrateUp(lab.options)).toMatchObject({ from: 2, to: 3 });
    expect(await migrateDown(lab.options)).toMatchObject({ direction: "down", from: 3, to: 2 });
    expect(await lab.rows(appTables)).toEqual([{ relname: "account" }, { relname: "account_pkey" }]);
    expect(await migrateDown({ ...lab.options, to: 0 })).toMatchObject({ from: 2, to: 0 });
    expect(await lab.rows("SELECT 1 FROM schema_migrations")).toEqual([]);
    expect(await lab.rows("SELECT to_regnamespace('app') AS app")).toEqual([{ app: null }]);
    expect(await migrateDown(lab.options)).toMatchObject({ migrations: [] });
    for (const wrong of [{ to: 7 }, { steps: 0 }, { to: 1, steps: 1 }]) {
      const failure = await migrateDown({ ...lab.options, ...wrong }).catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: "MIGRATION_USAGE" });
      expect(migrationExitCode(failure)).toBe(2);
    }
    await expect(migrateUp({ ...lab.options, to: 7 })).rejects.toMatchObject({ code: "MIGRATION_USAGE" });
  });

  it("keeps every up and down in the history, with who, when, how long and with which tool", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_a.up.sql": "SELECT 1;", "00001_a.down.sql": "SELECT 2;" });
    await migrateUp({ ...lab.options, toolVersion: "it's a tool 1.2" });
    await migrateDown(lab.options);
    const [up, down] = await lab.rows("SELECT * FROM schema_migrations_history ORDER BY entry");
    expect(up).toMatchObject({
      version: "1",
      description: "a",
      action: "up",
      outcome: "done",
      tool_version: "it's a tool 1.2",
      recorded_by: "postgres",
      recorded_on: expect.any(Date),
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: { file: "00001_a.up.sql" },
    });
    expect(down).toMatchObject({ action: "down", outcome: "done", details: { file: "00001_a.down.sql" } });
    expect(down?.["tool_version"]).toMatch(/^@mister-smith\/schema \d/);
    expect([up?.["execution_time"], down?.["execution_time"]]).not.toContain(null);
  });

  it("plans without writing anything, not even its own table", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    const plan = await planMigrations(lab.options);
    expect(plan).toMatchObject({ initialized: false, from: 0, to: 3 });
    expect(plan.migrations[0]).toMatchObject({
      file: "00001_accounts.up.sql",
      transactional: true,
      statements: [{ line: 2, tag: "CreateSchemaStmt", text: "CREATE SCHEMA app" }, { line: 3 }],
    });
    expect(await lab.rows("SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace")).toEqual([]);
    await migrateUp({ ...lab.options, to: 1 });
    expect((await planMigrations(lab.options)).migrations.map(({ version }) => version)).toEqual([2, 3]);
    expect((await planMigrations({ ...lab.options, to: 2 })).to).toBe(2);
  });

  it("tells an application at its start whether it is older, newer or right", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    const older = await checkMigrations(lab.options).catch((error: unknown) => error);
    expect(older).toMatchObject({
      code: "MIGRATION_PENDING",
      details: { pending: Object.keys(three).filter((file) => file.includes(".up.")) },
    });
    expect(migrationExitCode(older)).toBe(3);
    await migrateUp(lab.options);
    expect(await checkMigrations(lab.options)).toMatchObject({ version: 3, migrations: 3 });
    await lab.remove("00003_by_name.up.sql");
    await lab.remove("00003_by_name.down.sql");
    const newer = await checkMigrations(lab.options).catch((error: unknown) => error);
    expect(newer).toMatchObject({ code: "MIGRATION_DATABASE_NEWER" });
    expect(migrationExitCode(newer)).toBe(4);
  });

  it("lets a role check that may read the tracking table and nothing else", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    await migrateUp(lab.options);
    await using role = await loginRole(lab);
    await expect(checkMigrations({ ...lab.options, connection: role.url })).rejects.toMatchObject({
      code: "MIGRATION_PERMISSION",
    });
    await lab.rows(`GRANT SELECT ON schema_migrations TO ${role.name}`);
    expect(await checkMigrations({ ...lab.options, connection: role.url })).toMatchObject({ version: 3 });
  });

  it.each([
    ["check", checkMigrations],
    ["status", migrationStatus],
    ["up --dry-run", planMigrations],
    ["up", migrateUp],
    ["down", migrateDown],
  ])("hints at grants with which `%s` can read and write its record", async (_name, command) => {
    await using lab = await migrationLab(cluster);
    await lab.rows("CREATE SCHEMA ops");
    const table = { schema: "ops", name: 'the "record"' };
    await lab.write(three);
    await lab.write({ "00003_by_name.up.sql": "SELECT 1;", "00003_by_name.down.sql": "" });
    await migrateUp({ ...lab.options, table, to: 2 });
    await using role = await loginRole(lab);
    const run = () =>
      command({ ...lab.options, connection: role.url, table }).then(
        () => undefined,
        (error: unknown) => error,
      );
    const refused = await run();
    expect(refused).toMatchObject({
      code: "MIGRATION_PERMISSION",
      message: expect.stringContaining(`the role "${role.name}" may not`),
      details: { role: role.name },
    });
    const hint = refused instanceof Error && "hint" in refused ? String(refused.hint) : "";
    const grants = [...hint.matchAll(/GRANT [^;]+? TO "[^"]+"/g)].map(([grant]) => grant);
    expect(grants.length).toBeGreaterThan(1);
    for (const grant of grants) await lab.rows(grant);
    const next = await run();
    if (next !== undefined) expect(next).not.toMatchObject({ code: "MIGRATION_PERMISSION" });
  });

  it("hints at grants when a role may read its record and not write it", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write({ "00001_x.up.sql": "" });
    await migrateUp(lab.options);
    await lab.write({ "00002_y.up.sql": "SELECT 1;" });
    await using role = await loginRole(lab);
    await lab.rows(`GRANT SELECT ON schema_migrations TO ${role.name}`);
    await expect(migrateUp({ ...lab.options, connection: role.url })).rejects.toMatchObject({
      code: "MIGRATION_PERMISSION",
      hint: expect.stringContaining(
        `GRANT SELECT, INSERT, UPDATE, DELETE ON "public"."schema_migrations" TO "${role.name}"`,
      ),
    });
  });

  it("shows in its status what is applied, what waits and whose down file was changed", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    expect(await migrationStatus(lab.options)).toMatchObject({
      initialized: false,
      current: 0,
      latest: 3,
      pending: 3,
      upToDate: false,
    });
    await migrateUp({ ...lab.options, to: 2 });
    await lab.write({ "00001_accounts.down.sql": "DROP SCHEMA app CASCADE;" });
    const status = await migrationStatus(lab.options);
    expect(status).toMatchObject({ initialized: true, current: 2, applied: 2, pending: 1, problems: [] });
    expect(status.migrations).toMatchObject([
      { version: 1, state: "applied", hasDown: true, downChanged: true, installedBy: "postgres" },
      { version: 2, state: "applied", downChanged: false },
      { version: 3, state: "pending", installedOn: null, durationMs: null },
    ]);
  });

  it("takes the last migration down and up again, also when its up file was changed", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    await migrateUp({ ...lab.options, to: 1 });
    await lab.write({
      "00001_accounts.up.sql": "CREATE SCHEMA app;\nCREATE TABLE app.account (id BIGINT, email TEXT);",
    });
    const redo = await migrateRedo(lab.options);
    expect([redo.down, redo.up]).toMatchObject([[{ version: 1 }], [{ version: 1 }]]);
    expect(
      await lab.rows(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'app.account'::regclass AND attnum = 2",
      ),
    ).toEqual([{ attname: "email" }]);
    await lab.write({ "00001_accounts.up.sql": "CREATE SCHEMA app; CREATE TABEL oops ();" });
    await expect(migrateRedo(lab.options)).rejects.toMatchObject({ code: "MIGRATION_SYNTAX" });
    expect(await lab.rows("SELECT 1 AS there FROM schema_migrations")).toEqual([{ there: 1 }]);
  });

  it("refuses to go down where there is no down file, before anything runs", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    await lab.remove("00001_accounts.down.sql");
    await migrateUp(lab.options);
    await expect(migrateDown({ ...lab.options, to: 0 })).rejects.toMatchObject({
      code: "MIGRATION_NO_DOWN",
      details: { file: "00001_accounts.down.sql" },
    });
    expect(await lab.rows("SELECT count(*)::int AS n FROM schema_migrations")).toEqual([{ n: 3 }]);
  });

  it("keeps a second set of migrations in a table and schema of its own", async () => {
    await using lab = await migrationLab(cluster);
    await using team = await migrationLab(cluster);
    await lab.write(three);
    await migrateUp(lab.options);
    await team.write({ "20261123101500_own.up.sql": "CREATE TABLE own (id INT);" });
    const own = { ...lab.options, folder: team.folder, table: { schema: 'te"am', name: "It's" } };
    expect(await migrateUp(own)).toMatchObject({ to: 20_261_123_101_500, table: `te"am.It's` });
    expect(await checkMigrations(own)).toMatchObject({ migrations: 1 });
    expect(await checkMigrations(lab.options)).toMatchObject({ migrations: 3 });
    expect(await lab.rows(`SELECT version FROM "te""am"."It's"`)).toEqual([{ version: "20261123101500" }]);
  });

  it("writes a new pair of files that is valid as it stands, with the next number", async () => {
    await using lab = await migrationLab(cluster);
    expect(await createMigration({ folder: `${lab.folder}/new/deep`, name: "First Steps" })).toMatchObject({
      version: 1,
      name: "first_steps",
      up: `${lab.folder}/new/deep/00001_first_steps.up.sql`,
    });
    await lab.write(three);
    const { down } = await createMigration({ folder: lab.folder, name: "add-agent_state" });
    expect(down).toBe(`${lab.folder}/00004_add_agent_state.down.sql`);
    expect(await readFile(down, "utf8")).toContain("add agent state");
    expect(await migrateUp(lab.options)).toMatchObject({ to: 4 });
    expect(await migrateDown(lab.options)).toMatchObject({ to: 3 });
    for (const name of ["", "../etc/passwd", "a.b", "ü", "bad name; x"]) {
      const refused = await createMigration({ folder: lab.folder, name }).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: "MIGRATION_USAGE" });
      expect(migrationExitCode(refused)).toBe(2);
    }
  });
});

describe.each(clusters())("a database that is not ours, on PostgreSQL $major", (cluster) => {
  it("is left alone when another tool's table has the name", async () => {
    await using lab = await migrationLab(cluster);
    await lab.rows("CREATE TABLE schema_migrations (version VARCHAR PRIMARY KEY)");
    await lab.write(three);
    for (const command of [migrateUp, migrateDown, migrationStatus, checkMigrations, planMigrations]) {
      await expect(command(lab.options)).rejects.toMatchObject({
        code: "MIGRATION_FOREIGN_DATABASE",
        message: expect.stringContaining("version character varying"),
        hint: expect.stringContaining("--table"),
      });
    }
    const other = { ...lab.options, table: { name: "smith_migrations" } };
    await expect(migrateUp(other)).rejects.toMatchObject({ code: "MIGRATION_FOREIGN_DATABASE" });
    await baselineMigrations({ ...other, version: 0, reason: "shared with Rails" });
    expect(await migrateUp(other)).toMatchObject({ to: 3 });
  });

  it("is refused when it has tables of unknown origin, until a baseline says where it stands", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    await lab.rows("CREATE SCHEMA app");
    await lab.rows("CREATE TABLE app.account (id BIGINT PRIMARY KEY, name TEXT)");
    for (const command of [migrateUp, planMigrations]) {
      await expect(command(lab.options)).rejects.toMatchObject({
        code: "MIGRATION_FOREIGN_DATABASE",
        message: expect.stringContaining("app.account"),
        hint: expect.stringContaining("baseline"),
      });
    }
    expect(await lab.rows("SELECT to_regclass('schema_migrations') AS made")).toEqual([{ made: null }]);
    const baseline = await baselineMigrations({ ...lab.options, version: 1, reason: "made by hand in 2025" });
    expect(baseline).toMatchObject({ version: 1, files: ["00001_accounts.up.sql"] });
    expect(await migrateUp(lab.options)).toMatchObject({ from: 1, to: 3 });
    expect(
      await lab.rows("SELECT version, reason FROM schema_migrations_history WHERE action = 'baseline'"),
    ).toEqual([{ version: "1", reason: "made by hand in 2025" }]);
    await expect(baselineMigrations({ ...lab.options, version: 2, reason: "again" })).rejects.toMatchObject({
      code: "MIGRATION_USAGE",
    });
    for (const wrong of [
      { version: 9, reason: "x" },
      { version: 1, reason: " " },
    ]) {
      await expect(baselineMigrations({ ...lab.options, ...wrong })).rejects.toMatchObject({
        code: "MIGRATION_USAGE",
      });
    }
  });

  it("names the role and the right that is missing", async () => {
    await using lab = await migrationLab(cluster);
    await lab.write(three);
    await lab.rows("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    await using role = await loginRole(lab);
    const asRole = { ...lab.options, connection: role.url };
    await expect(migrateUp(asRole)).rejects.toMatchObject({
      code: "MIGRATION_PERMISSION",
      message: expect.stringContaining(role.name),
      hint: expect.stringContaining(`GRANT USAGE, CREATE ON SCHEMA "public" TO "${role.name}"`),
    });
    await lab.rows(`GRANT CREATE ON SCHEMA public TO ${role.name}`);
    await expect(migrateUp(asRole)).rejects.toMatchObject({
      code: "MIGRATION_PERMISSION",
      message: expect.stringContaining(`00001_accounts.up.sql, line 2: the role "${role.name}"`),
    });
  });

  it("is named when it cannot be reached", async () => {
    await using lab = await migrationLab(cluster);
    const connection = "postgres://postgres@127.0.0.1:1/nowhere";
    await expect(migrateUp({ ...lab.options, connection })).rejects.toMatchObject({
      code: "MIGRATION_CONNECT",
      message: expect.stringContaining("127.0.0.1:1"),
    });
  });
});
