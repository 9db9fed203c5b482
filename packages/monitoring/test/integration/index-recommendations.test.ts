import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  adviseIndexes,
  applyRecommendation,
  getRecommendation,
  type IndexRecommendation,
  indexUsage,
  keepAdvice,
  listRecommendations,
  rejectRecommendation,
  revertRecommendation,
  watchIndexes,
} from "../../src/index.ts";

describe.each(clusters())("recommended indexes on PostgreSQL $major", (cluster) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let client: Client;
  const clients: Client[] = [];
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    database = await createDatabase({ primary: { url: testDatabase.url } });
    client = await connect();
    await client.query("CREATE EXTENSION pg_stat_statements");
  });
  beforeEach(async () => {
    await client.query(`
      DROP SCHEMA IF EXISTS shop CASCADE;
      CREATE SCHEMA shop;
      CREATE TABLE shop.orders (id INT PRIMARY KEY, buyer INT, region TEXT, note TEXT);
      INSERT INTO shop.orders SELECT i, i % 2000, 'r' || i % 5, 'n' || i || repeat('x', 80) FROM generate_series(1, 20000) AS i;
      CREATE TABLE shop.parts (a INT, b INT, c TEXT) PARTITION BY HASH (a);
      CREATE TABLE shop.parts_0 PARTITION OF shop.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      INSERT INTO shop.parts SELECT i, i % 5000, repeat('x', 80) FROM generate_series(1, 20000) AS i;
      ANALYZE shop.orders, shop.parts;
      DELETE FROM monitoring.index_recommendations`);
  });
  afterAll(async () => {
    await database.close();
    await Promise.all(clients.map((one) => one.end()));
    await testDatabase.drop();
  });
  async function connect(): Promise<Client> {
    const one = new Client({ connectionString: testDatabase.url });
    clients.push(one);
    await one.connect();
    return one;
  }
  const advise = async (text: string) =>
    await adviseIndexes(database, { statements: [{ queryId: "1", text, calls: 1000 }] });
  async function recommend(
    text = "SELECT * FROM shop.orders WHERE buyer = $1",
  ): Promise<IndexRecommendation> {
    const [one] = await keepAdvice(database.write, await advise(text));
    if (one === undefined) throw new Error("there was to be a recommendation");
    return one;
  }
  const validity = async (index: string) =>
    (
      await client.query("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", [
        `shop.${index}`,
      ])
    ).rows.map(({ indisvalid }) => indisvalid);

  it("are kept once with all numbers, obsolete when they are advised no more, and not given again when rejected", async () => {
    const one = await recommend();
    expect(one).toMatchObject({
      schema_name: "shop",
      table_name: "orders",
      column_names: ["buyer"],
      status: "pending",
      index_name: "idx_orders_buyer",
      is_validated: false,
      not_validated_because: "the extension hypopg is not in this database",
      query_hashes: ["1"],
      write_cost: 0,
    });
    expect(one.cost_before).toBeGreaterThan(one.cost_after ?? Number.POSITIVE_INFINITY);
    expect((await recommend()).recommendation_id).toBe(one.recommendation_id);
    const other = await recommend("SELECT * FROM shop.orders WHERE note = $1");
    expect((await getRecommendation(database.write, one.recommendation_id))?.status).toBe("obsolete");
    await rejectRecommendation(database.write, other.recommendation_id, "notes are going");
    expect(
      await keepAdvice(database.write, await advise("SELECT * FROM shop.orders WHERE note = $1")),
    ).toEqual([]);
    expect(await listRecommendations(database.write, { status: "rejected", limit: 10 })).toMatchObject([
      { recommendation_id: other.recommendation_id, decision_reason: "notes are going" },
    ]);
    await expect(rejectRecommendation(database.write, other.recommendation_id)).rejects.toMatchObject({
      code: "WRONG_STATUS",
    });
    const nobody = "00000000-0000-4000-8000-000000000000";
    await expect(rejectRecommendation(database.write, nobody)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("stay pending while what they are for is not looked at, and when they come from captured plans", async () => {
    const { recommendation_id: id } = await recommend();
    const status = async () => (await getRecommendation(database.write, id))?.status;
    const nothing = await adviseIndexes(database, { statements: [] });
    await keepAdvice(database.write, nothing);
    expect(await status()).toBe("pending");
    const looked = { ...nothing, lookedAt: ["1", "2"] };
    await client.query("UPDATE monitoring.index_recommendations SET cost_before = NULL");
    await keepAdvice(database.write, looked);
    expect(await status()).toBe("pending");
    await client.query("UPDATE monitoring.index_recommendations SET cost_before = 1");
    await keepAdvice(database.write, looked);
    expect(await status()).toBe("obsolete");
    const other = await recommend("SELECT * FROM shop.orders WHERE note = $1");
    await client.query("DROP TABLE shop.orders");
    await keepAdvice(database.write, nothing);
    expect(await getRecommendation(database.write, other.recommendation_id)).toMatchObject({
      status: "obsolete",
      decision_reason: "the table shop.orders is gone",
    });
  });

  it("are built while the table is in use, recorded, and taken away again", async () => {
    const { recommendation_id: id, index_name: index } = await recommend();
    const dry = await applyRecommendation(database, id, { dryRun: true });
    expect(dry.statements).toEqual(["CREATE INDEX CONCURRENTLY idx_orders_buyer ON shop.orders (buyer)"]);
    expect(await validity(index)).toEqual([]);
    const writer = await connect();
    await writer.query("INSERT INTO shop.orders VALUES (-1, 1)");
    const { statements, recommendation } = await applyRecommendation(database, id);
    expect(statements).toEqual(dry.statements);
    expect(recommendation).toMatchObject({ status: "implemented", implemented_at: expect.any(Date) });
    expect(await validity(index)).toEqual([true]);
    await expect(applyRecommendation(database, id)).rejects.toMatchObject({ code: "WRONG_STATUS" });
    expect((await advise("SELECT * FROM shop.orders WHERE buyer = $1")).indexes).toEqual([]);
    const reverted = await revertRecommendation(database, id);
    expect(reverted.statements).toEqual(["DROP INDEX CONCURRENTLY shop.idx_orders_buyer"]);
    expect(reverted.recommendation).toMatchObject({
      status: "rejected",
      decision_reason: "it was built, and reverted",
    });
    expect(await validity(index)).toEqual([]);
    expect(
      await keepAdvice(database.write, await advise("SELECT * FROM shop.orders WHERE buyer = $1")),
    ).toEqual([]);
  });

  it("give up when a lock is not granted, are never taken for built then, and are built by the next try", async () => {
    const { recommendation_id: id, index_name: index } = await recommend();
    const holder = await connect();
    await holder.query("BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
    await expect(applyRecommendation(database, id, { lockTimeoutMs: 200 })).rejects.toMatchObject({
      sqlState: "55P03",
    });
    expect(await validity(index)).not.toContain(true);
    expect((await getRecommendation(database.write, id))?.status).toBe("pending");
    await holder.query("ROLLBACK");
    const { statements } = await applyRecommendation(database, id);
    expect(statements.at(-1)).toContain("CREATE INDEX CONCURRENTLY");
    expect(await validity(index)).toEqual([true]);
  });

  it("leave nothing behind when they are aborted", async () => {
    const { recommendation_id: id, index_name: index } = await recommend();
    const holder = await connect();
    await holder.query("BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
    const aborting = new AbortController();
    const building = applyRecommendation(database, id, { signal: aborting.signal });
    const left = building.catch((error: unknown) => error);
    // It waits for the holder as soon as its index is in the catalogue.
    while ((await validity(index)).length === 0);
    aborting.abort();
    await holder.query("ROLLBACK");
    expect(await left).toMatchObject({ code: "ABORTED" });
    expect(await validity(index)).toEqual([]);
  });

  it("are built part by part on a partitioned table, also from half-way on", async () => {
    const one = await recommend("SELECT * FROM shop.parts WHERE b = $1");
    const { statements: planned } = await applyRecommendation(database, one.recommendation_id, {
      dryRun: true,
    });
    expect(planned).toEqual([
      "CREATE INDEX idx_parts_b ON ONLY shop.parts (b)",
      "CREATE INDEX CONCURRENTLY idx_parts_b_parts_0 ON shop.parts_0 (b)",
      "ALTER INDEX shop.idx_parts_b ATTACH PARTITION shop.idx_parts_b_parts_0",
      "CREATE INDEX CONCURRENTLY idx_parts_b_parts_1 ON shop.parts_1 (b)",
      "ALTER INDEX shop.idx_parts_b ATTACH PARTITION shop.idx_parts_b_parts_1",
    ]);
    await client.query(String(planned[0]));
    await client.query(String(planned[1]));
    const { statements } = await applyRecommendation(database, one.recommendation_id);
    expect(statements).toEqual(planned.slice(2));
    expect(await validity(one.index_name)).toEqual([true]);
    expect((await revertRecommendation(database, one.recommendation_id)).statements).toEqual([
      "DROP INDEX shop.idx_parts_b",
    ]);
    expect(await validity(one.index_name)).toEqual([]);
  });

  it.each([
    "DROP TABLE shop.orders",
    "CREATE INDEX CONCURRENTLY idx_orders_buyer ON shop.orders (buyer); DROP TABLE shop.orders",
    "CREATE INDEX CONCURRENTLY idx_orders_buyer ON shop.parts USING btree (buyer)",
    "CREATE INDEX CONCURRENTLY other ON shop.orders USING btree (buyer)",
    "CREATE INDEX idx_orders_buyer ON shop.orders USING btree (buyer)",
    "not SQL at all",
  ])("are refused when somebody wrote %j as their definition", async (definition) => {
    const { recommendation_id: id } = await recommend();
    await client.query("UPDATE monitoring.index_recommendations SET definition = $1", [definition]);
    await expect(applyRecommendation(database, id)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect((await client.query("SELECT count(*)::INT AS n FROM shop.orders")).rows).toEqual([{ n: 20_000 }]);
  });

  it("do not touch what has their name and is something else", async () => {
    const { recommendation_id: id } = await recommend();
    await client.query("CREATE TABLE shop.idx_orders_buyer (a INT)");
    await expect(applyRecommendation(database, id)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  });

  it("are not taken for built when another index has their name, which stays", async () => {
    const { recommendation_id: id, index_name: index } = await recommend();
    await client.query(`CREATE INDEX ${index} ON shop.orders (note)`);
    await expect(applyRecommendation(database, id)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await client.query(`DROP INDEX shop.${index}`);
    await applyRecommendation(database, id);
    await client.query(`DROP INDEX shop.${index}; CREATE INDEX ${index} ON shop.orders (buyer) WHERE id > 3`);
    expect((await revertRecommendation(database, id)).statements).toEqual([]);
    expect(await validity(index)).toEqual([true]);
  });

  it("are taken for built when somebody built just that by hand, however the server writes it", async () => {
    await client.query(
      "ALTER TABLE shop.orders DROP COLUMN region; ALTER TABLE shop.orders ADD region VARCHAR(9)",
    );
    await client.query("UPDATE shop.orders SET region = 'r' || id; ANALYZE shop.orders");
    const one = await recommend("SELECT * FROM shop.orders WHERE lower(region) = $1");
    expect(one.column_names).toEqual(["(lower(region))"]);
    await client.query(one.definition);
    expect((await applyRecommendation(database, one.recommendation_id)).statements).toEqual([]);
  });

  it("are built once when two build at once, and neither takes the other's away", async () => {
    const { recommendation_id: id, index_name: index } = await recommend();
    const holder = await connect();
    await holder.query("BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
    const first = applyRecommendation(database, id);
    while ((await validity(index)).length === 0);
    await expect(applyRecommendation(database, id, { lockTimeoutMs: 200 })).rejects.toMatchObject({
      code: "WRONG_STATUS",
    });
    await holder.query("ROLLBACK");
    expect((await first).recommendation.status).toBe("implemented");
    expect(await validity(index)).toEqual([true]);
  });

  it("leave a build by hand alone", async () => {
    const { recommendation_id: id, index_name: index, definition } = await recommend();
    const holder = await connect();
    await holder.query("BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
    const building = (await connect()).query(definition);
    while ((await validity(index)).length === 0);
    await expect(applyRecommendation(database, id, { lockTimeoutMs: 200 })).rejects.toMatchObject({
      code: "WRONG_STATUS",
    });
    await holder.query("ROLLBACK");
    await building;
    expect(await validity(index)).toEqual([true]);
    expect((await applyRecommendation(database, id)).statements).toEqual([]);
  });

  it("stay rejected when they are while they are built, and the index goes again", async () => {
    const { recommendation_id: id, index_name: index } = await recommend();
    const holder = await connect();
    await holder.query("BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
    const building = applyRecommendation(database, id).catch((error: unknown) => error);
    while ((await validity(index)).length === 0);
    await rejectRecommendation(database.write, id, "not now");
    await holder.query("ROLLBACK");
    expect(await building).toMatchObject({ code: "WRONG_STATUS" });
    expect(await getRecommendation(database.write, id)).toMatchObject({
      status: "rejected",
      decision_reason: "not now",
      implemented_at: null,
    });
    expect(await validity(index)).toEqual([]);
  });

  it("are watched: a statement that became slower in all brings the advice to revert, one that is faster does not", async () => {
    const text = "SELECT count(*) FROM shop.orders WHERE buyer = $1";
    const call = async (times: number) => {
      for (let n = 0; n < times; n += 1) await client.query(text, [n]);
    };
    await call(30);
    const { recommendation_id: id } = await recommend();
    await applyRecommendation(database, id);
    expect(await watchIndexes(database.write)).toMatchObject([{ verdict: "too early", revert: null }]);
    await call(30);
    const [better] = await watchIndexes(database.write);
    expect(better?.statements.find((one) => one.text === text)).toMatchObject({ calls: 30 });
    expect(better?.verdict).toBe("better");
    // As if everything had taken next to no time before.
    await client.query(`
      UPDATE monitoring.index_recommendations SET watched_statements = (
        SELECT jsonb_object_agg(key, value || jsonb_build_object('totalMs', (value -> 'calls')::FLOAT8 * 0.0001))
        FROM jsonb_each(watched_statements)
      )`);
    expect(await watchIndexes(database.write)).toMatchObject([
      { verdict: "worse", revert: "DROP INDEX CONCURRENTLY shop.idx_orders_buyer" },
    ]);
    expect(await watchIndexes(database.write, { days: 0 })).toEqual([]);
  });

  it("are watched by what is really there: an index that is gone is called so, whatever its statements take", async () => {
    const text = "SELECT count(*) FROM shop.orders WHERE buyer = $1";
    for (let n = 0; n < 30; n += 1) await client.query(text, [n]);
    const { recommendation_id: id, index_name: index } = await recommend();
    await applyRecommendation(database, id);
    for (let n = 0; n < 30; n += 1) await client.query(text, [n]);
    await client.query(`DROP INDEX shop.${index}`);
    expect(await watchIndexes(database.write)).toMatchObject([{ verdict: "gone", revert: null }]);
  });

  const usageOf = async (unusedAfterDays = 0) => {
    const { indexes, ...report } = await indexUsage(database, { unusedAfterDays });
    const shop = indexes.filter(({ schema }) => schema === "shop");
    const verdicts = shop.map(({ index, verdict, by }) => [
      index,
      by === null ? verdict : `${verdict} by ${by}`,
    ]);
    const drops = shop.filter(({ drop }) => drop !== null).map(({ index }) => index);
    return { ...report, of: Object.fromEntries(verdicts), drops: drops.toSorted() };
  };
  const flush = async () => await client.query("SELECT pg_stat_force_next_flush()");

  it("have a report beside them of indexes that are unused or repeated, which calls none needless that keeps a constraint", async () => {
    await client.query(`
      CREATE INDEX wide ON shop.orders (buyer, region);
      CREATE INDEX narrow ON shop.orders (buyer DESC);
      CREATE INDEX twin_a ON shop.orders (note);
      CREATE INDEX twin_b ON shop.orders (note);
      CREATE INDEX second_key ON shop.orders (id);
      CREATE INDEX partial ON shop.orders (buyer) WHERE region = 'r1';
      CREATE INDEX more_partial ON shop.orders (note) WHERE region = 'r1' AND buyer > 3;
      CREATE INDEX low ON shop.orders (lower(note));
      CREATE INDEX low_c ON shop.orders (lower(note) COLLATE "C");
      CREATE UNIQUE INDEX once ON shop.orders (id, note);
      CREATE INDEX on_parts ON shop.parts (b);
      CREATE INDEX on_one_part ON shop.parts_0 (b);
      CREATE INDEX of_one_part ON shop.parts_1 (c);
      SELECT pg_stat_reset();
      SET enable_seqscan = off`);
    await client.query("SELECT * FROM shop.parts_1 WHERE b = 3");
    await client.query("SELECT * FROM shop.orders WHERE buyer = 3 AND region = 'r2'");
    await client.query("SELECT * FROM shop.orders WHERE lower(note) = 'x'");
    await client.query("RESET enable_seqscan");
    await flush();
    const { of, drops, hasReplicas, since } = await usageOf();
    expect(of).toEqual({
      orders_pkey: "needed",
      once: "needed",
      wide: "in use",
      narrow: "repeated by wide",
      twin_a: "unused",
      twin_b: hasReplicas ? "repeated by twin_a" : "unused",
      second_key: "repeated by once",
      partial: "repeated by wide",
      more_partial: hasReplicas ? "repeated by twin_a" : "unused",
      low: "in use",
      low_c: "unused",
      on_parts: "in use",
      on_one_part: "repeated by parts_0_b_idx",
      of_one_part: "unused",
    });
    expect(drops).toEqual(
      [
        "narrow",
        "on_one_part",
        "partial",
        "second_key",
        "twin_b",
        "more_partial",
        ...(hasReplicas ? [] : ["low_c", "of_one_part", "twin_a"]),
      ].toSorted(),
    );
    expect(since).toBeInstanceOf(Date);
    const young = await usageOf(14);
    expect(young.of).toMatchObject({ twin_a: "too early", low_c: "too early", narrow: "repeated by wide" });
  });

  it("have a report whose drops together leave what was used an index for it", async () => {
    await client.query(`
      CREATE INDEX same_a ON shop.orders (note);
      CREATE INDEX narrow ON shop.orders (buyer);
      SELECT pg_stat_reset();
      SET enable_seqscan = off`);
    await client.query("SELECT * FROM shop.orders WHERE note = 'x'");
    await client.query("SELECT * FROM shop.orders WHERE buyer = 3");
    await client.query("RESET enable_seqscan");
    await flush();
    await client.query(`
      CREATE INDEX a_same ON shop.orders (note);
      CREATE INDEX wide ON shop.orders (buyer, region)`);
    const { of, hasReplicas } = await usageOf();
    expect(of).toMatchObject(
      hasReplicas
        ? { same_a: "in use", a_same: "repeated by same_a" }
        : { same_a: "in use", a_same: "repeated by same_a", narrow: "in use", wide: "unused" },
    );
  });

  it("have a report that lets a build go on, and names a failed one, a unique one too", async () => {
    const holder = await connect();
    const builder = await connect();
    await holder.query("BEGIN; UPDATE shop.orders SET note = 'y' WHERE id = 1");
    const building = builder
      .query("CREATE UNIQUE INDEX CONCURRENTLY idx_once ON shop.orders (region)")
      .catch(({ code }: { readonly code: string }) => code);
    while ((await validity("idx_once")).length === 0);
    const during = await usageOf();
    expect(during.of).toMatchObject({ idx_once: "building" });
    expect(during.drops).not.toContain("idx_once");
    await holder.query("ROLLBACK");
    expect(await building).toBe("23505");
    const after = await usageOf();
    expect(after.of).toMatchObject({ idx_once: "invalid" });
    expect(after.drops).toContain("idx_once");
  });

  it("have a report that waits for no locked table, and names it", async () => {
    await client.query("CREATE INDEX low ON shop.orders (lower(note)) WHERE buyer > 3");
    const holder = await connect();
    await holder.query("BEGIN; LOCK TABLE shop.orders IN ACCESS EXCLUSIVE MODE");
    const { of, locked } = await usageOf();
    expect(locked).toEqual(["shop.orders"]);
    expect(of).toEqual({});
    await holder.query("ROLLBACK");
    expect((await usageOf()).of).toMatchObject({ low: expect.any(String) });
  });
});
