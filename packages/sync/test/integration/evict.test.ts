import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createEvictor,
  createFlusher,
  createStateStore,
  evictOnce,
  type Flusher,
  readPosition,
  type StateStore,
  stateStream,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let store: StateStore;
let flusher: Flusher;
let agentId: string;

beforeAll(async () => {
  lab = await openSyncLab();
  store = await createStateStore({ link: lab.link, database: lab.database });
  flusher = createFlusher({ database: lab.database, link: lab.link, maxDelayMs: 1 });
  await flusher.start();
  agentId = await lab.agent();
});
afterAll(async () => {
  await flusher?.stop();
  await store?.close();
  await lab?.[Symbol.asyncDispose]();
});

const state = async () => (await lab.link.manager.streams.info(stateStream)).state;
const allFlushed = async () => {
  const { last_seq } = await state();
  await expect
    .poll(async () => (await readPosition(lab.database))?.sequence, { timeout: 20_000, interval: 5 })
    .toBe(last_seq);
};

describe("a key that was not written for its time to live", () => {
  it("leaves the bucket with all its revisions when it is flushed, and is read through afterwards", async () => {
    for (let at = 0; at < 3; at += 1) await store.put(agentId, "idle", at);
    await store.put(agentId, "deleted", 1);
    await store.delete(agentId, "deleted");
    await allFlushed();
    expect(await evictOnce(lab, { ttlMs: 60_000 })).toEqual({
      keys: 0,
      messages: 0,
      spared: 0,
      until: "young",
    });
    expect(await evictOnce(lab, { ttlMs: -1_000 })).toEqual({
      keys: 2,
      messages: 5,
      spared: 0,
      until: "all",
    });
    expect((await state()).messages).toBe(0);
    expect((await store.get(agentId, "idle"))?.value).toBe(2);
    expect(await store.get(agentId, "deleted")).toBeUndefined();
  });

  it("stays when it is not flushed yet", async () => {
    await flusher.stop();
    await store.put(agentId, "unflushed", 1);
    expect(await evictOnce(lab, { ttlMs: -1_000 })).toMatchObject({ until: "unflushed" });
    await store.delete(agentId, "unflushed-delete");
    await evictOnce(lab, { ttlMs: -1_000 });
    expect((await state()).messages).toBe(2);
    await flusher.start();
    await allFlushed();
    expect(await evictOnce(lab, { ttlMs: -1_000 })).toMatchObject({ keys: 2, until: "all" });
  });

  it("stays when its number is flushed, but of another life of the bucket", async () => {
    for (let at = 0; at < 10; at += 1) await store.put(agentId, `old-${at}`, at);
    await allFlushed();
    await flusher.stop();
    await recreateBucket(lab.link);
    await store.put(agentId, "new-life", 1);
    expect(await evictOnce(lab, { ttlMs: -1_000 })).toEqual({
      keys: 0,
      messages: 0,
      spared: 0,
      until: "unknown",
    });
    await flusher.start();
    await allFlushed();
    expect((await lab.rows(agentId))["new-life"]?.value).toBe(1);
  });

  it("survives with a newer value when it is written at that moment: no acknowledged write is lost", async () => {
    const keys = Array.from({ length: 20 }, (_, at) => `raced-${at}`);
    let evicted = 0;
    await using writer = await createStateStore({ link: lab.link });
    const last = 25;
    for (let value = 1; value <= last; value += 1) {
      const [round] = await Promise.all([
        evictOnce(lab, { ttlMs: -1_000, concurrency: 1 }),
        writer.putMany(
          keys.map((stateKey) => ({ agentId, stateKey, value })),
          { concurrency: 2 },
        ),
      ]);
      evicted += round.keys;
      // The purge of an unflushed write would show as the value of the round before.
      await allFlushed();
      const rows = await lab.rows(agentId);
      expect(keys.filter((key) => rows[key]?.value !== value)).toEqual([]);
    }
    expect(evicted).toBeGreaterThan(0);
    const read = await store.getMany(keys.map((stateKey) => ({ agentId, stateKey })));
    expect(read.map((each) => each?.value)).toEqual(keys.map(() => last));
  });
});

describe("the evictor", () => {
  it("goes on by itself round after round, and ends when it is stopped", async () => {
    const errors: unknown[] = [];
    let evicted = 0;
    await using evictor = createEvictor({
      ...lab,
      ttlMs: 1,
      intervalMs: 10,
      onEvicted: ({ keys }) => {
        evicted += keys;
      },
      onError: (error) => errors.push(error),
    });
    await evictor.start();
    await store.put(agentId, "by itself", 1);
    await expect.poll(async () => (await state()).messages).toBe(0);
    expect(evicted).toBeGreaterThan(0);
    expect(evictor.status().state).toBe("running");
    await evictor.stop();
    expect(evictor.status().state).toBe("stopped");
    expect(errors).toEqual([]);
  });
});
