import { randomUUID } from "node:crypto";
import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainStatement } from "../../src/index.ts";
import { corpus, corpusSetup } from "../corpus/corpus.ts";
import { type RecordedText, recordedTexts } from "../corpus/recorded-texts.ts";

describe.each(clusters())("a plan of PostgreSQL $major", (cluster) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let client: Client;
  let recorded: readonly RecordedText[];
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    client = new Client({ connectionString: testDatabase.url });
    await client.connect();
    await client.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    await client.query(await corpusSetup());
    // Before the client is there, whose probes would be on record, too.
    recorded = await recordedTexts(client, await corpus());
    database = await createDatabase({ primary: { url: testDatabase.url } });
  });
  afterAll(async () => {
    await database.close();
    await client.end();
    await testDatabase.drop();
  });

  /** What was written to tables, and how often they were read from end to end, by all that is told by now. */
  const touched = async () =>
    (
      await client.query(`SELECT sum(n_tup_ins + n_tup_upd + n_tup_del + seq_scan)::INTEGER AS touched
        FROM pg_stat_user_tables WHERE schemaname IN ('tpch', 'agents', 'tasks', 'messages', 'knowledge', 'sessions')`)
    ).rows[0].touched;

  it("is there for nearly every statement of the corpus as the server has it on record, and none is executed for it", async () => {
    await client.query("SELECT pg_stat_force_next_flush()");
    const before = await touched();
    expect(before).toBeGreaterThan(0);
    expect(recorded.length).toBeGreaterThanOrEqual(200);
    const failed: string[] = [];
    // What a connection did is told when it ends.
    const own = await createDatabase({ primary: { url: testDatabase.url } });
    for (const { text } of recorded) {
      const explained = await explainStatement(own, text);
      if (explained.kind === "not explained") failed.push(`${explained.reason}: ${text}`);
    }
    await own.close();
    expect(failed.slice(recorded.length / 20)).toEqual([]);
    expect(await touched()).toBe(before);
  });

  const reasonOf = async (text: string, on: Pick<Database, "transaction"> = database) => {
    const explained = await explainStatement(on, text);
    return explained.kind === "not explained" ? explained.reason : `planned: ${explained.text}`;
  };

  it.each([
    [
      "a text that was cut off",
      "SELECT agent_id FROM agents.registry WHERE agent_name = $1 AND status IN ($2, $",
      "syntax error",
    ],
    ["a text that is no SQL", "выбрать всё из агентов", "syntax error"],
    ["two statements", "SELECT 1; DELETE FROM agents.registry", "holds 2 statements"],
    ["what is hidden from the role", "<insufficient privilege>", "syntax error"],
    ["what has no plan", "TRUNCATE agents.registry", "makes no plan"],
    [
      "what explains itself, and would be executed",
      "EXPLAIN ANALYZE DELETE FROM agents.registry",
      "makes no plan",
    ],
    ["a table that is gone", "SELECT a FROM public.gone WHERE b = $1", "does not exist"],
    ["a column that is gone", "SELECT agent_id FROM agents.registry WHERE agent_gone = $1", "does not exist"],
    [
      "types that nothing fits",
      "SELECT agent_id FROM agents.registry WHERE no_such_function($1, $2)",
      "does not exist",
    ],
  ])("is not made of %s, and the reason is said", async (_, text, reason) => {
    expect(await reasonOf(text)).toContain(reason);
  });

  it("lets no function write, whatever it was declared, and calls none that was declared right", async () => {
    await client.query(`
      CREATE TABLE public.written (by TEXT);
      CREATE FUNCTION public.writes(by TEXT) RETURNS INTEGER LANGUAGE plpgsql VOLATILE
        AS $$ BEGIN INSERT INTO public.written VALUES (by); RETURN 1; END $$;
      CREATE FUNCTION public.lies() RETURNS INTEGER LANGUAGE plpgsql IMMUTABLE
        AS $$ BEGIN RETURN public.writes('lies'); END $$`);
    expect(
      await reasonOf("SELECT public.writes($1), agent_id FROM agents.registry WHERE public.writes($2) = $3"),
    ).toContain("planned: ");
    expect(await reasonOf("SELECT agent_id FROM agents.registry WHERE public.lies() = $1")).toContain(
      "read-only transaction",
    );
    expect((await client.query("SELECT * FROM public.written")).rows).toEqual([]);
    // It does write where it is executed.
    await client.query("SELECT public.writes('me')");
    expect((await client.query("SELECT * FROM public.written")).rows).toHaveLength(1);
  });

  it("waits for no lock for long, and says so", async () => {
    const other = new Client({ connectionString: testDatabase.url });
    await other.connect();
    await other.query("BEGIN; LOCK TABLE tpch.region IN ACCESS EXCLUSIVE MODE");
    expect(await reasonOf("SELECT r_name FROM tpch.region WHERE r_regionkey = $1")).toContain("lock timeout");
    await other.query("ROLLBACK");
    await other.end();
    expect(await reasonOf("SELECT r_name FROM tpch.region WHERE r_regionkey = $1")).toContain("planned: ");
  });

  it("is not made for a role without rights to the table, and the reason is said", async () => {
    const role = `planner_${randomUUID().slice(0, 8)}`;
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' IN ROLE pg_monitor`);
    const url = new URL(testDatabase.url);
    url.username = role;
    url.password = "secret";
    const own = await createDatabase({ primary: { url: url.href } });
    expect(await reasonOf("SELECT agent_id FROM agents.registry WHERE agent_name = $1", own)).toContain(
      "permission denied",
    );
    expect(await reasonOf("SELECT setting FROM pg_settings WHERE name = $1", own)).toContain("planned: ");
    await own.close();
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });

  it("takes no longer than it may", async () => {
    await expect(explainStatement(database, "SELECT $1 + $2", { timeoutMs: 0.5 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    const explained = await explainStatement(database, "SELECT $1 + $2, $3 - $4, $5 * $6", { tries: 2 });
    expect(explained.kind).toBe("not explained");
    expect((await explainStatement(database, "SELECT $1 + $2, $3 - $4, $5 * $6")).kind).toBe("select");
  });
});
