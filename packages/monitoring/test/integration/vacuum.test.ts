import { createDatabase, type Database } from "@mister-smith/client";
import { type EmbeddedPostgres, listPostgres, startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  adviseVacuum,
  changeStorage,
  churnBetween,
  readChurn,
  revertStorage,
  storageChanges,
  type TableChurn,
  type VacuumAdvice,
} from "../../src/index.ts";

const majors = new Map<number, string>();
for (const { version, binDir } of await listPostgres())
  if (!majors.has(version.major)) majors.set(version.major, binDir);
const reading = { limit: 100, timeoutMs: 10_000 };

// A server of its own, whose autovacuum looks every second.
describe.each([...majors])("vacuum advice on PostgreSQL %i", (major, binDir) => {
  let server: EmbeddedPostgres;
  let database: Database;
  let client: Client;
  beforeAll(async () => {
    const settings = { autovacuum_naptime: "1s", autovacuum_vacuum_cost_delay: "0" };
    server = await startPostgres({ binDir, durability: "fast", settings });
    await migrateUp({ connection: server.url, folder: migrationsFolder() });
    database = await createDatabase({ primary: { url: server.url } });
    client = new Client({ connectionString: server.url });
    await client.connect();
  });
  beforeEach(async () => {
    await client.query("DROP TABLE IF EXISTS notes");
    await client.query("CREATE TABLE notes (id INTEGER, note TEXT) WITH (autovacuum_enabled = off)");
    await client.query("INSERT INTO notes SELECT i, repeat('x', 100) FROM generate_series(1, 100000) AS i");
    await client.query("VACUUM ANALYZE notes");
    await client.query("SELECT pg_stat_force_next_flush()");
  });
  afterAll(async () => {
    await client.end();
    await database.close();
    await server.stop();
  });
  const options = async () =>
    (await client.query("SELECT reloptions FROM pg_class WHERE relname = 'notes'")).rows[0].reloptions;

  /** What was advised by churn that was really there: 30,000 rows were updated between two looks. */
  async function advise(): Promise<{ churn: TableChurn; advice: VacuumAdvice }> {
    const before = await readChurn(database.write, reading);
    await client.query("UPDATE notes SET note = repeat('y', 100) WHERE id <= 30000");
    await client.query("SELECT pg_stat_force_next_flush()");
    return await vi.waitFor(async () => {
      const between = churnBetween(before, await readChurn(database.write, { ...reading, table: "notes" }));
      const [churn] = between;
      expect(churn?.updated).toBe(30_000);
      const advice = churn && adviseVacuum({ ...churn, overMs: 24 * 3_600_000 });
      if (churn === undefined || advice == null) throw new Error("nothing was advised");
      return { churn, advice };
    }, 20_000);
  }

  it("goes by what changed between two looks, and is followed by autovacuum, which comes as was said", async () => {
    const { churn, advice } = await advise();
    expect(churn).toMatchObject({
      schema: "public",
      inserted: 0,
      deleted: 0,
      isAutovacuumOn: false,
      fillfactor: 100,
    });
    expect(churn.movedForRoom === null).toBe(major < 16);
    // A twentieth of 100,000 rows, and of the room that the new versions of 30,000 have taken.
    expect(advice.parameters).toMatchObject({
      autovacuum_enabled: null,
      autovacuum_vacuum_threshold: "6400",
    });
    const { change_id: id } = await changeStorage(database, churn, advice);
    expect(await options()).toEqual(
      expect.arrayContaining(["autovacuum_vacuum_scale_factor=0", "autovacuum_vacuum_threshold=6400"]),
    );
    await vi.waitFor(async () => {
      const { rows } = await client.query(
        "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'notes'",
      );
      expect(Number(rows[0].autovacuum_count)).toBeGreaterThan(0);
    }, 30_000);
    const [after] = churnBetween(null, {
      ...(await readChurn(database.write, { ...reading, table: "public.notes" })),
      since: new Date(0),
    });
    expect(after).toMatchObject({ isAutovacuumOn: true, deadRowsTrigger: 6_400 });
    const [recorded] = await storageChanges(database.write, reading);
    expect(recorded).toMatchObject({
      change_id: id,
      table_name: "notes",
      reverted_at: null,
      observed: { updated: 30_000 },
    });
  });

  it("can be taken back, the latest change first", async () => {
    const { churn, advice } = await advise();
    const first = await changeStorage(database, churn, advice);
    const [again] = churnBetween(null, {
      ...(await readChurn(database.write, { ...reading, table: "notes" })),
      since: new Date(0),
    });
    if (again === undefined) throw new Error("the table is gone");
    const second = await changeStorage(database, again, {
      ...advice,
      parameters: { fillfactor: "80", autovacuum_vacuum_threshold: "7000" },
    });
    expect(await revertStorage(database, first.change_id)).toBeNull();
    expect(await revertStorage(database, second.change_id)).toMatchObject({ change_id: second.change_id });
    expect(await options()).toContain(
      `autovacuum_vacuum_threshold=${advice.parameters["autovacuum_vacuum_threshold"]}`,
    );
    expect(await revertStorage(database, second.change_id)).toBeNull();
    await revertStorage(database, first.change_id);
    expect(await options()).toEqual(["autovacuum_enabled=off"]);
  });

  it("waits for no lock for long, and records nothing that it did not do", async () => {
    const { churn, advice } = await advise();
    const count = async () => (await storageChanges(database.write, reading)).length;
    const before = await count();
    await client.query("BEGIN; LOCK TABLE notes IN SHARE UPDATE EXCLUSIVE MODE");
    await expect(changeStorage(database, churn, advice)).rejects.toMatchObject({ sqlState: "55P03" });
    await client.query("ROLLBACK");
    const odd = { ...advice, parameters: { "fillfactor) ; DROP TABLE notes; --": "1" } };
    await expect(changeStorage(database, churn, odd)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect([await count(), await options()]).toEqual([before, ["autovacuum_enabled=off"]]);
  });

  it("counts from the beginning of the cluster where nobody has reset the statistics", async () => {
    const { since, at } = await readChurn(database.write, reading);
    expect(at.getTime() - since.getTime()).toBeGreaterThan(0);
    expect(at.getTime() - since.getTime()).toBeLessThan(24 * 3_600_000);
  });

  it("takes a change back whose table is gone", async () => {
    const { churn, advice } = await advise();
    const { change_id: id } = await changeStorage(database, churn, advice);
    await client.query("DROP TABLE notes");
    expect(await revertStorage(database, id)).toMatchObject({ change_id: id, reverted_at: expect.any(Date) });
  });
});
