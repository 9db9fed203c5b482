import { sql } from "@mister-smith/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createFlusher,
  createStateStore,
  type Flusher,
  hydrate,
  readPosition,
  type StateStore,
  stateStream,
  stateSubject,
  verifyStores,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let store: StateStore;
let flusher: Flusher;
let agentId: string;

const nothing = z.object({});
const quick = { settleMs: 50, patienceMs: 300 };

beforeAll(async () => {
  lab = await openSyncLab();
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await recreateBucket(lab.link);
  await lab.database.write.query(
    sql.type(nothing)`TRUNCATE agents.state, sync.positions, sync.incarnations, sync.dead_letters`,
  );
  agentId = await lab.agent();
  store = await createStateStore({ link: lab.link, database: lab.database });
  flusher = createFlusher({ database: lab.database, link: lab.link, maxDelayMs: 1 });
  await flusher.start();
});
afterEach(async () => {
  await flusher.stop();
  await store.close();
});

const allFlushed = async () => {
  const { state } = await lab.link.manager.streams.info(stateStream);
  await expect.poll(async () => (await readPosition(lab.database))?.sequence).toBe(state.last_seq);
};
const causes = async (options = {}) => {
  const report = await verifyStores(lab, { ...quick, ...options });
  return Object.fromEntries(
    report.listed.map(({ key, subject, cause, ahead, repair }) => [
      key?.stateKey ?? subject,
      `${cause} ${ahead} ${repair}`,
    ]),
  );
};

describe("a comparison of both stores", () => {
  it("finds nothing where they are level, whatever the values look like", async () => {
    await lab.put(agentId, "numbers", [1e-7, 1.0, 1e21, 0.1, -0, 123456789012345680000]);
    await lab.putRaw(
      stateSubject({ agentId, stateKey: "odd" }),
      '{"b":1.00,"a":1e2,"a":"\\u00e9\\/", "c": 12345678901234567890.5}',
    );
    await store.put(agentId, "expiring", 1, { ttlMs: 3_600_000 });
    await store.put(agentId, "gone", 1);
    await store.delete(agentId, "gone");
    await lab.database.state.put({ agentId, stateKey: "cold", stateValue: 1 });
    await lab.database.state.put({ agentId, stateKey: "read", stateValue: { b: 1, a: 2 } });
    await store.get(agentId, "read");
    await allFlushed();
    expect(await verifyStores(lab, quick)).toMatchObject({
      isClean: true,
      keys: 5,
      rows: 5,
      differences: 0,
      unsettled: 0,
      goneUnflushed: 0,
    });
  });

  it("names each difference with its cause and the side that is ahead, and mends what can be", async () => {
    for (const key of ["older", "deleted", "revived", "expiry", "fine"])
      await store.put(agentId, key, "first");
    await store.delete(agentId, "revived");
    const nobody = crypto.randomUUID();
    await lab.put(nobody, "parked", 1);
    await lab.putRaw("$KV.AGENT_STATE.nobody", "1");
    await allFlushed();
    // No relay runs: changes of SQL do not reach the bucket.
    await lab.database.state.put({ agentId, stateKey: "older", stateValue: "by SQL" });
    await lab.database.state.put({ agentId, stateKey: "revived", stateValue: "by SQL" });
    await lab.database.state.delete({ agentId, stateKey: "deleted" });
    await lab.database.state.put({
      agentId,
      stateKey: "expiry",
      stateValue: "first",
      expiresAt: new Date(Date.now() + 60_000),
    });
    await flusher.stop();
    await store.put(agentId, "unflushed", 1);

    const found = {
      older: "bucket-older postgres",
      revived: "deleted-in-bucket postgres",
      deleted: "deleted-in-postgres postgres",
      expiry: "bucket-older postgres",
      unflushed: "not-flushed bucket",
      parked: "dead-letter bucket",
      "$KV.AGENT_STATE.nobody": "dead-letter bucket",
    };
    const withRepair = (outcome: (cause: string) => string) =>
      Object.fromEntries(Object.entries(found).map(([key, cause]) => [key, `${cause} ${outcome(cause)}`]));
    expect(await causes()).toEqual(withRepair(() => "none"));
    const outcomes: Record<string, string> = {
      "not-flushed": "left-to-flusher",
      "dead-letter": "not-possible",
    };
    expect(await causes({ repair: true })).toEqual(
      withRepair((cause) => outcomes[cause.split(" ")[0] ?? ""] ?? "mended"),
    );
    expect((await store.get(agentId, "older"))?.value).toBe("by SQL");
    expect((await store.get(agentId, "revived"))?.value).toBe("by SQL");
    expect(await store.get(agentId, "deleted")).toBeUndefined();

    await flusher.start();
    await allFlushed();
    expect(await causes({ agents: [agentId] })).toEqual({});
    expect((await lab.rows(agentId))["older"]).toMatchObject({ value: "by SQL", version: 2 });
  });

  it("takes a row that fits into no message out of the bucket, says why, and leaves it to PostgreSQL", async () => {
    await store.put(agentId, "grown", 1);
    await allFlushed();
    const huge = { agentId, stateKey: "huge", stateValue: "x".repeat(1_500_000) };
    await lab.database.state.put(huge);
    await lab.database.state.put({ ...huge, stateKey: "grown" });
    await lab.database.state.put({ agentId, stateKey: "small", stateValue: 1 });
    expect(await hydrate(lab, { agents: [agentId] })).toMatchObject({ created: 1, present: 0, tooLarge: 2 });
    const { listed } = await verifyStores(lab, { ...quick, repair: true, agents: [agentId] });
    expect(listed).toMatchObject([
      {
        key: { stateKey: "grown" },
        repair: "not-possible",
        explanation: expect.stringContaining("max_payload"),
      },
    ]);
    expect(await verifyStores(lab, { ...quick, agents: [agentId] })).toMatchObject({ isClean: true });
    for (const key of ["grown", "huge"]) expect((await store.get(agentId, key))?.value).toBe(huge.stateValue);
  });

  it("raises no false alarm while both sides are written to, and still finds what differs", async () => {
    const keys = Array.from({ length: 100 }, (_, at) => ({ agentId, stateKey: `k${at}` }));
    await store.putMany(keys.map((key) => ({ ...key, value: 0 })));
    await store.put(agentId, "differs", 1);
    await allFlushed();
    await lab.database.state.put({ agentId, stateKey: "differs", stateValue: 2 });
    let writing = true;
    const started = performance.now();
    const writers = [0, 1, 2, 3].map(async (writer) => {
      for (let value = 1; writing && performance.now() < started + 30_000; value += 1) {
        for (const { stateKey } of keys.filter((_, at) => at % 4 === writer)) {
          if (value % 7 === 0) await store.delete(agentId, stateKey);
          else await store.put(agentId, stateKey, value);
        }
      }
    });
    for (let round = 0; round < 3; round += 1) {
      // The flusher is behind when the keys are looked at first.
      await flusher.stop();
      const report = await verifyStores(lab, {
        settleMs: 100,
        patienceMs: 2_000,
        batchKeys: 30,
        onProgress: ({ rows }) => {
          if (rows === 0) void flusher.start();
        },
      });
      expect(report.listed.map(({ key, cause }) => `${key?.stateKey} ${cause}`)).toEqual([
        "differs bucket-older",
      ]);
    }
    writing = false;
    await Promise.all(writers);
    await allFlushed();
    expect(await verifyStores(lab, { ...quick, repair: true })).toMatchObject({
      isClean: true,
      unsettled: 0,
    });
  });

  it("calls nothing gone that was superseded on keys which many write at once", async () => {
    const keys = ["hot 1", "hot 2"].map((stateKey) => ({ agentId, stateKey }));
    let writing = true;
    const writers = Array.from({ length: 32 }, async (_, writer) => {
      const key = keys[writer % 2] ?? { agentId, stateKey: "hot 1" };
      for (let value = 0; writing; value += 1) await store.put(key.agentId, key.stateKey, value);
    });
    const report = await verifyStores(lab, { settleMs: 50, patienceMs: 10_000 }).finally(() => {
      writing = false;
    });
    await Promise.all(writers);
    expect(report.goneUnflushed).toBe(0);
  });

  it("goes on when a value is nested deeper than a process can follow", async () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    for (const depth of [1_000, 4_000, 50_000])
      await lab.putRaw(stateSubject({ agentId, stateKey: `deep ${depth}` }), nested(depth));
    await store.put(agentId, "beside", 1);
    await allFlushed();
    const { byCause } = await verifyStores(lab, { ...quick, agents: [agentId] });
    expect(Object.keys(byCause)).toEqual(["dead-letter"]);
    expect(Object.keys(await lab.rows(agentId))).toEqual(
      expect.arrayContaining(["deep 1000", "deep 4000", "beside"]),
    );
  });

  it("leaves what is written in the midst of its repair, and lists no more than it was asked for", async () => {
    const keys = Array.from({ length: 50 }, (_, at) => ({ agentId, stateKey: `k${at}` }));
    await store.putMany(keys.map((key) => ({ ...key, value: "old" })));
    await allFlushed();
    await lab.database.write.query(
      sql.type(nothing)`UPDATE agents.state SET state_value = '"by SQL"', version = version + 1`,
    );
    const writes: Promise<unknown>[] = [];
    const report = await verifyStores(lab, {
      ...quick,
      repair: true,
      maxListed: 3,
      onDifference: ({ key }) => {
        const next = keys.find(({ stateKey }) => stateKey === `k${Number(key?.stateKey.slice(1)) + 1}`);
        if (next !== undefined) writes.push(store.put(next.agentId, next.stateKey, "newest"));
      },
    });
    await Promise.all(writes);
    expect(report).toMatchObject({ differences: 50, listed: { length: 3 } });
    const values = (await store.getMany(keys)).map((state) => state?.value);
    expect(values.slice(1).every((value) => value === "newest")).toBe(true);
  });

  it("finds a row that is not what its checksum was made of, and mends it from the bucket", async () => {
    await store.put(agentId, "damaged", { a: 1 });
    await store.put(agentId, "cold", { a: 1 });
    await allFlushed();
    await lab.link.manager.streams.purge(stateStream, {
      filter: stateSubject({ agentId, stateKey: "cold" }),
    });
    await lab.database.write.query(
      sql.type(nothing)`ALTER TABLE agents.state ALTER COLUMN checksum DROP EXPRESSION`,
    );
    await lab.database.write.query(sql.type(nothing)`UPDATE agents.state SET state_value = '{"a": 2}'`);
    const found = await causes({ repair: true });
    expect(found).toMatchObject({
      damaged: "checksum bucket mended",
      cold: "checksum neither not-possible",
    });
    expect((await lab.rows(agentId))["damaged"]?.value).toEqual({ a: 1 });
  });
});
