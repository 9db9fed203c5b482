import { createDatabase } from "@mister-smith/client";
import { type EmbeddedPostgres, listPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adviseIndexes } from "../../src/index.ts";

// Servers of their own: that all statements are forgotten would disturb whoever shares one.
describe.each(await listPostgres())("advice on indexes of a PostgreSQL $version.major", ({ binDir }) => {
  let server: EmbeddedPostgres;
  let client: Client;
  beforeAll(async () => {
    server = await startPostgres({
      binDir,
      durability: "fast",
      preloadWhenPresent: ["pg_stat_statements"],
      settings: { autovacuum: false },
    });
    await migrateUp({ connection: server.url, folder: migrationsFolder() });
    client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query("CREATE EXTENSION pg_stat_statements");
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
  });

  it("charges no writes from before the statements were recorded, however long ago that was, and those since", async () => {
    await client.query(`
      CREATE TABLE public.events (id INT, kind INT, note TEXT);
      INSERT INTO public.events SELECT i, i % 3000, repeat('x', 100) FROM generate_series(1, 30000) AS i;
      CREATE FUNCTION public.note_event() RETURNS void LANGUAGE sql
        AS 'INSERT INTO public.events SELECT i, i, NULL FROM generate_series(1, 500) AS i'`);
    await client.query("SELECT pg_stat_force_next_flush()");
    await client.query("ANALYZE public.events");
    await client.query("SELECT pg_stat_statements_reset()");
    for (let n = 0; n < 20; n += 1) await client.query("SELECT note FROM events WHERE kind = $1", [n]);
    await using database = await createDatabase({ primary: { url: server.url } });
    const advise = async () =>
      (await adviseIndexes(database)).indexes.filter(({ table }) => table === "events");
    const before = await advise();
    expect(before).toMatchObject([{ keys: ["kind"], writeCost: 0 }]);
    expect(await advise()).toEqual(before);
    await client.query("SELECT public.note_event()");
    await client.query("SELECT pg_stat_force_next_flush()");
    const [after] = await advise();
    expect(after?.writeCost).toBeGreaterThan(0);
    await client.query("INSERT INTO public.events SELECT i, i, NULL FROM generate_series(1, 500) AS i");
    await client.query("SELECT pg_stat_force_next_flush()");
    const [more] = await advise();
    expect(more?.writeCost).toBeCloseTo(2 * (after?.writeCost ?? 0), 5);
  });

  it("know the tables that statements name among more than five thousand", async () => {
    await client.query("CREATE SCHEMA a_many");
    for (let first = 0; first < 5_500; first += 500)
      await client.query(`
        DO $$ BEGIN
          FOR n IN ${first}..${first + 499} LOOP EXECUTE format('CREATE TABLE a_many.%I (id INT)', 't' || n); END LOOP;
        END $$`);
    await client.query(`
      CREATE SCHEMA z_last;
      CREATE TABLE z_last.notes AS SELECT i AS id, i % 3000 AS kind, repeat('x', 100) AS note FROM generate_series(1, 30000) AS i;
      CREATE TABLE public.notes (id INT)`);
    await client.query("ANALYZE z_last.notes");
    await using database = await createDatabase({ primary: { url: server.url } });
    const statements = [{ queryId: "1", text: "SELECT note FROM z_last.notes WHERE kind = $1", calls: 100 }];
    const { indexes, statements: lookedAt } = await adviseIndexes(database, { statements });
    expect(lookedAt).toBe(1);
    expect(indexes).toMatchObject([{ schema: "z_last", table: "notes", keys: ["kind"] }]);
  });
});
