import { createDatabase, type Database, sql as tag } from "@mister-smith/client";
import { type EmbeddedPostgres, listPostgres, startPostgres } from "@mister-smith/embedded";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { adviseConfiguration, applyConfiguration, readConfiguration } from "../../src/index.ts";

const sql = tag.type(z.object({}));
const GiB = 1024 ** 3;
const machine = { memoryBytes: 2 * GiB, processors: 16 };
const timeoutMs = 10_000;
const majors = new Map<number, string>();
for (const { version, binDir } of await listPostgres())
  if (!majors.has(version.major)) majors.set(version.major, binDir);

// A server of its own: what is changed here would be changed for every test.
describe.each([...majors])("the configuration of PostgreSQL %i", (_, binDir) => {
  let server: EmbeddedPostgres;
  let database: Database;
  beforeAll(async () => {
    server = await startPostgres({ binDir, durability: "fast", settings: { track_io_timing: "off" } });
    database = await open(server.url);
    await database.write.query(sql`CREATE ROLE app_primary LOGIN`);
    await database.write.query(sql`CREATE ROLE onlooker LOGIN`);
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });
  const read = async (on = database) => await readConfiguration(on.write, timeoutMs);
  const look = async () => adviseConfiguration(await read(), machine);
  async function ask(text: string): Promise<string> {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query<Record<string, string>>(text);
    await client.end();
    return String(Object.values(rows[0] ?? {})[0]);
  }

  it("is brought to what production calls for, in two goes with a restart after each", async () => {
    const first = await look();
    const names = first.advice.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "shared_preload_libraries",
        "autovacuum_vacuum_scale_factor",
        "statement_timeout",
        "lock_timeout",
        "idle_in_transaction_session_timeout",
        "shared_buffers",
        "max_worker_processes",
        "app_primary",
      ]),
    );
    expect(names).not.toContain("pg_stat_statements.track");
    await applyConfiguration(database.write, first.advice, timeoutMs);

    expect(await ask("SHOW statement_timeout")).toBe("5min");
    expect(await ask("SHOW autovacuum_vacuum_scale_factor")).toBe("0.05");
    expect(await ask("SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app_primary'")).toBe("20");
    // Nobody undoes what waits for the restart.
    const waiting = await look();
    expect(waiting.awaitsRestart).toEqual(
      expect.arrayContaining(["shared_preload_libraries", "shared_buffers", "max_worker_processes"]),
    );
    expect(waiting.advice.map(({ name, takesEffect }) => [name, takesEffect])).toEqual([
      ["track_io_timing", "command line"],
    ]);

    await restart();
    expect(await ask("SHOW shared_buffers")).toBe("512MB");
    const second = await look();
    expect(second.advice.map(({ name }) => name).sort()).toEqual([
      "pg_stat_statements.max",
      "pg_stat_statements.track",
      "track_io_timing",
    ]);
    await applyConfiguration(database.write, second.advice, timeoutMs);
    await restart();
    expect(await ask("SHOW pg_stat_statements.max")).toBe("10000");
    const { advice, awaitsRestart, fine } = await look();
    expect(advice.map(({ name }) => name)).toEqual(["track_io_timing"]);
    expect(awaitsRestart).toEqual([]);
    expect(fine).toContainEqual({ name: "lock_timeout", found: "10s" });
  });

  it("is told to a role without rights too, except what only a superuser may see", async () => {
    await using other = await open(server.url.replace("postgres@", "onlooker@"));
    const { settings } = await read(other);
    const names = settings.map(({ name }) => name);
    expect(names).toContain("shared_buffers");
    expect(names).not.toContain("statement_timeout");
    const advice = [
      {
        kind: "setting",
        name: "work_mem",
        found: "4MB",
        wanted: "8MB",
        why: "",
        takesEffect: "reload",
      },
    ] as const;
    expect(await applyConfiguration(other.write, advice, timeoutMs)).toMatchObject({
      applied: [],
      refused: { error: { sqlState: "42501" } },
    });
    expect(adviseConfiguration(await read(other), machine).notVisible).toEqual(
      expect.arrayContaining(["shared_preload_libraries", "statement_timeout"]),
    );
  });

  it("is told where a database or a role has no limit though the server has one", async () => {
    await ask("ALTER DATABASE postgres SET statement_timeout = 0");
    await ask("ALTER ROLE app_primary SET lock_timeout = '1h'");
    await ask("ALTER ROLE onlooker SET lock_timeout = 0");
    expect((await look()).overrides).toMatchObject([
      { name: "lock_timeout", setting: "3600000", role: "app_primary", database: null },
      { name: "statement_timeout", setting: "0", role: null, database: "postgres" },
    ]);
  });

  it("says what was changed before one that the server refuses, and that counts", async () => {
    const of = (name: string, wanted: string) =>
      ({ kind: "setting", name, found: "", wanted, why: "", takesEffect: "reload" }) as const;
    const advice = [
      of("work_mem", "9MB"),
      of("effective_cache_size", "99999TB"),
      of("random_page_cost", "3"),
    ];
    const { applied, refused } = await applyConfiguration(database.write, advice, timeoutMs);
    expect(applied.map(({ name }) => name)).toEqual(["work_mem"]);
    expect(refused?.advice.name).toBe("effective_cache_size");
    expect(await ask("SHOW work_mem")).toBe("9MB");
  });

  async function restart(): Promise<void> {
    await database.close();
    await server.kill();
    await server.start();
    database = await open(server.url);
  }
});

async function open(url: string): Promise<Database> {
  return await createDatabase({ primary: { url } });
}
