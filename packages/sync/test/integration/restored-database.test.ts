import { sql } from "@mister-smith/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createFlusher,
  createRelay,
  createStateStore,
  encodeStateKey,
  evictOnce,
  type Flusher,
  type FlusherOptions,
  hydrate,
  readPosition,
  stateStream,
  stateSubject,
  type VerifyOptions,
  verifyStores,
} from "../../src/index.ts";
import { statePrefix } from "../../src/keys/state-subject.ts";
import { readBucket } from "../../src/store/bucket-message.ts";
import { backUp } from "../support/backup.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let agentId: string;
const quick = { settleMs: 50, patienceMs: 300 };
const patience = { timeout: 20_000, interval: 10 };

beforeAll(async () => {
  lab = await openSyncLab();
  await run(sql.type(z.object({}))`SELECT FROM sync.enable_events('state')`);
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  agentId = await lab.agent();
});

const run = (statement: Parameters<SyncLab["database"]["write"]["query"]>[0]) =>
  lab.database.write.query(statement);
const bySql = (stateKey: string, value: string) =>
  run(sql.type(z.object({}))`
    UPDATE agents.state SET state_value = to_jsonb(${value}::TEXT)
    WHERE agent_id = ${agentId} AND state_key = ${stateKey}`);
const inBucket = async (stateKey: string) => {
  const found = await readBucket(lab.link, stateSubject({ agentId, stateKey }), { fromLeader: true });
  return found === undefined ? undefined : JSON.parse(Buffer.from(found.data).toString());
};
const inPostgres = async (stateKey: string) => (await lab.rows(agentId))[stateKey]?.value;

async function openFlusher(own: Partial<FlusherOptions> = {}) {
  const flusher = createFlusher({ database: lab.database, link: lab.link, maxDelayMs: 1, ...own });
  await flusher.start();
  return flusher;
}

async function openRelay() {
  const relay = createRelay({ database: lab.database, link: lab.link });
  await relay.start();
  return relay;
}

async function allFlushed(): Promise<void> {
  const { state } = await lab.link.manager.streams.info(stateStream);
  await expect.poll(async () => (await readPosition(lab.database))?.sequence, patience).toBe(state.last_seq);
}

async function allPublished(): Promise<void> {
  const waiting = sql.type(z.object({ count: z.int() }))`
    SELECT count(*)::INTEGER AS count FROM sync.outbox_pending`;
  await expect.poll(() => lab.database.write.oneFirst(waiting), patience).toBe(0);
}

/** Keys that agents wrote, then SQL, each after a backup was made that has `before` of them. */
async function writtenByBothSince(keys: readonly string[], running?: Flusher): Promise<() => Promise<void>> {
  await using own = running === undefined ? await openFlusher() : undefined;
  expect((running ?? own)?.status().state).toBe("running");
  await using relay = await openRelay();
  for (const key of keys) await lab.put(agentId, key, "before");
  await allFlushed();
  await allPublished();
  const restore = await backUp(lab.database);
  for (const key of keys) await lab.put(agentId, key, "by the agent");
  await allFlushed();
  for (const key of keys) await bySql(key, "by SQL");
  await allPublished();
  await allFlushed();
  expect(relay.status().state).toBe("running");
  for (const key of keys) expect(await inBucket(key)).toBe("by SQL");
  return restore;
}

describe("after PostgreSQL was restored from an older backup", () => {
  it.each([
    ["all at once", {}],
    ["one message after the other", { batchKeys: 1, maxBatchMessages: 1 }],
  ])("what agents wrote before SQL does not come over what SQL wrote, flushed %s", async (_title, own) => {
    const keys = ["plan", "step", "note"];
    const restore = await writtenByBothSince(keys);
    await restore();
    expect(await inPostgres("plan")).toBe("before");
    await using _ = await openFlusher(own);
    await allFlushed();
    for (const key of keys)
      expect([await inPostgres(key), await inBucket(key)]).toEqual(["by SQL", "by SQL"]);
    expect(await verifyStores(lab, { ...quick, agents: [agentId] })).toMatchObject({ isClean: true });
  });

  it("what agents wrote before SQL does not come over it in a flusher that goes on, nor when that ends in the middle", async () => {
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`);
    await using flusher = await openFlusher({ batchKeys: 1, maxBatchMessages: 1 });
    const restore = await writtenByBothSince(keys, flusher);
    await restore();
    // It finds out that the position is not where it was, and reads on from there.
    await lab.put(agentId, "woken", 1);
    await expect.poll(async () => (await lab.rows(agentId))["k2"]?.value, patience).toBe("by SQL");
    await flusher.stop();
    await flusher.start();
    await allFlushed();
    for (const key of keys)
      expect([await inPostgres(key), await inBucket(key)]).toEqual(["by SQL", "by SQL"]);
  });

  it("what SQL wrote into the restored database stays, and what is made anew is what was there last", async () => {
    const restore = await writtenByBothSince(["changed", "gone"]);
    await restore();
    await bySql("changed", "by SQL since");
    await run(
      sql.type(z.object({}))`DELETE FROM agents.state WHERE agent_id = ${agentId} AND state_key = 'gone'`,
    );
    await using _ = await openFlusher();
    await allFlushed();
    expect([await inPostgres("changed"), await inPostgres("gone")]).toEqual(["by SQL since", "by SQL"]);
  });

  it("what may be the last copy of a row is not evicted before both stores are level again", async () => {
    const flusher = await openFlusher();
    for (const stateKey of ["older", "same"])
      await lab.database.state.put({ agentId, stateKey, stateValue: "before" });
    const restore = await backUp(lab.database);
    await bySql("older", "after");
    const later = { agentId, stateValue: "after" };
    await lab.database.state.put({ ...later, stateKey: "missing" });
    await lab.database.state.put({ ...later, stateKey: "ends", expiresAt: new Date(Date.now() + 3_000) });
    await using store = await createStateStore({ link: lab.link, database: lab.database });
    for (const key of ["older", "same", "missing", "ends"]) await store.get(agentId, key);
    expect(await inBucket("ends")).toBe("after");
    await allFlushed();
    await flusher.stop();
    await restore();
    await using _ = await openFlusher();
    await allFlushed();
    await expect.poll(() => store.get(agentId, "ends"), patience).toBeUndefined();
    expect(await evictOnce(lab, { ttlMs: -1_000 })).toMatchObject({ spared: 2, until: "all" });
    expect(await inBucket("same")).toBeUndefined();
    expect(await verifyStores(lab, { ...quick, repair: true, agents: [agentId] })).toMatchObject({
      byCause: { "postgres-lost": 1, undecided: 1 },
      keys: 2,
    });
    expect(await evictOnce(lab, { ttlMs: -1_000 })).toMatchObject({ keys: 1, spared: 1, until: "all" });
    expect([await inPostgres("older"), await inBucket("missing")]).toEqual(["after", "after"]);
  });

  it("what may be the last copy of a row does not leave with what a client wrote to all subjects", async () => {
    const flusher = await openFlusher();
    await lab.link.manager.streams.purge(stateStream);
    const wild = ["*", ">"].map((end) => `${statePrefix}${agentId}.${end}`);
    // Not every server stores it.
    const putWild = async () => {
      for (const subject of wild) await lab.putRaw(subject, "1").catch(() => {});
    };
    await putWild();
    await allFlushed();
    const restore = await backUp(lab.database);
    await lab.database.state.put({ agentId, stateKey: "copy", stateValue: "after" });
    await hydrate(lab, { agents: [agentId] });
    await allFlushed();
    await flusher.stop();
    await restore();
    await using _ = await openFlusher();
    await allFlushed();
    await putWild();
    await lab.put(agentId, "other", 1);
    await allFlushed();
    const evicted = await evictOnce(lab, { ttlMs: -1_000 });
    expect(evicted).toEqual({ keys: 1, messages: 1, spared: 1, until: "all" });
    expect([await inBucket("copy"), await inBucket("other")]).toEqual(["after", undefined]);
    await lab.link.manager.streams.purge(stateStream, {
      filter: stateSubject({ agentId, stateKey: "copy" }),
    });
    await evictOnce(lab, { ttlMs: -1_000, concurrency: 1 });
    expect((await lab.link.manager.streams.info(stateStream)).state.messages).toBe(0);
  });

  it("an event that comes again brings no older row over what the bucket has of a later one", async () => {
    const flusher = await openFlusher();
    await lab.database.state.put({ agentId, stateKey: "plan", stateValue: "before" });
    // Its event waits when the backup is made.
    const restore = await backUp(lab.database);
    await using store = await createStateStore({ link: lab.link, database: lab.database });
    await store.get(agentId, "plan");
    const relay = await openRelay();
    await allPublished();
    await bySql("plan", "after");
    await allPublished();
    await allFlushed();
    expect(await inBucket("plan")).toBe("after");
    await relay.stop();
    await flusher.stop();
    await restore();
    await using _ = await openRelay();
    await allPublished();
    expect([await inPostgres("plan"), await inBucket("plan")]).toEqual(["before", "after"]);
    const mended = await verifyStores(lab, { ...quick, repair: true, agents: [agentId] });
    expect(mended).toMatchObject({
      openDifferences: 0,
      listed: [{ cause: "postgres-lost", repair: "mended" }],
    });
    expect([await inPostgres("plan"), await inBucket("plan")]).toEqual(["after", "after"]);
    await bySql("plan", "by SQL since");
    await allPublished();
    expect(await inBucket("plan")).toBe("by SQL since");
  });

  it("what nobody can know is decided by whom it is asked of, one key after the other or all at once", async () => {
    const flusher = await openFlusher();
    const put = (stateKey: string, stateValue: string) =>
      lab.database.state.put({ agentId, stateKey, stateValue });
    for (let n = 1; n <= 3; n += 1) await put("made anew", "before");
    const restore = await backUp(lab.database);
    await lab.database.state.delete({ agentId, stateKey: "made anew" });
    const keys = ["made anew", "kept", "dropped", "dropped, too"];
    for (const key of keys) await put(key, "after");
    await using store = await createStateStore({ link: lab.link, database: lab.database });
    for (const key of keys) expect((await store.get(agentId, key))?.value).toBe("after");
    await allFlushed();
    await flusher.stop();
    await restore();
    const decide = async (options: VerifyOptions) => {
      const report = await verifyStores(lab, { ...quick, agents: [agentId], repair: true, ...options });
      return Object.fromEntries(
        report.listed.map(({ key, cause, repair }) => [key?.stateKey, `${cause} ${repair}`]),
      );
    };
    expect(await decide({})).toEqual(Object.fromEntries(keys.map((key) => [key, "undecided not-possible"])));
    await expect(decide({ repair: false, force: "bucket" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining('"bucket"'),
      hint: expect.stringContaining("repair"),
    });
    for (const key of ["made anew", "kept"])
      expect(await decide({ force: "bucket", stateKey: key })).toEqual({ [key]: "undecided mended" });
    expect(await decide({ force: "postgres" })).toEqual({
      dropped: "undecided mended",
      "dropped, too": "undecided mended",
    });
    expect(await decide({})).toEqual({});
    expect(await lab.rows(agentId)).toEqual({
      kept: { value: "after", version: 1, expiresAt: null },
      "made anew": { value: "after", version: 3, expiresAt: null },
    });
    expect((await store.get(agentId, "kept"))?.value).toBe("after");
    for (const key of ["dropped", "dropped, too"]) expect(await store.get(agentId, key)).toBeUndefined();
  });

  describe("what SQL deleted since", () => {
    const keys = ["deleted", "unheard", "unheard, too", "told again"];

    /** Keys that SQL deleted after a backup was made, of which the bucket has the deletes, and PostgreSQL the rows again. */
    async function deletedSince(): Promise<void> {
      await using flusher = await openFlusher();
      await using relay = await openRelay();
      for (const key of keys) await lab.put(agentId, key, "before");
      await allFlushed();
      await allPublished();
      const restore = await backUp(lab.database);
      await bySqlDeleted(keys);
      await allPublished();
      await allFlushed();
      for (const key of keys) expect(await isDeletedInBucket(key)).toBe(true);
      await flusher.stop();
      await relay.stop();
      await restore();
    }
    const bySqlDeleted = (gone: readonly string[]) =>
      run(sql.type(z.object({}))`
        DELETE FROM agents.state WHERE agent_id = ${agentId} AND state_key = ANY(${sql.array([...gone], "text")})`);
    const isDeletedInBucket = async (stateKey: string) =>
      (await readBucket(lab.link, stateSubject({ agentId, stateKey }), { fromLeader: true }))?.isDelete;
    const forget = (stateKey: string) =>
      lab.link.manager.streams.purge("AGENT_STATE", {
        filter: `agents.state.${agentId}.${encodeStateKey(stateKey)}`,
      });
    const found = async (options: VerifyOptions = {}) => {
      const { listed } = await verifyStores(lab, { ...quick, agents: [agentId], ...options });
      return Object.fromEntries(
        listed.map(({ key, cause, ahead, repair }) => [key?.stateKey, `${cause} ${ahead} ${repair}`]),
      );
    };

    it("does not come back where its event tells that it went later, and waits for who decides it where none does", async () => {
      await deletedSince();
      for (const key of ["unheard", "unheard, too"]) await forget(key);
      // As a relay tells it that finds in the backup what it had told of before.
      const older = { operation: "put", version: 1, agent_id: agentId, state_key: "told again" };
      await lab.link.js.publish(
        `agents.state.${agentId}.told=20again`,
        JSON.stringify({ occurred_at: new Date(0).toISOString(), data: older }),
      );
      await using _ = await openFlusher();
      await allFlushed();
      const named = (lost: string, other: string) => ({
        deleted: `postgres-lost bucket ${lost}`,
        unheard: `undecided neither ${other}`,
        "unheard, too": `undecided neither ${other}`,
        "told again": `undecided neither ${other}`,
      });
      expect(await found()).toEqual(named("none", "none"));
      expect(await found({ repair: true })).toEqual(named("mended", "not-possible"));
      for (const key of keys) expect(await isDeletedInBucket(key)).toBe(true);
      expect(Object.keys(await lab.rows(agentId))).toEqual(keys.slice(1).sort());
      const byBucket = { repair: true, force: "bucket", stateKey: "unheard" } as const;
      expect(await found(byBucket)).toEqual({ unheard: "undecided neither mended" });
      expect(await found({ repair: true, force: "postgres" })).toEqual({
        "unheard, too": "undecided neither mended",
        "told again": "undecided neither mended",
      });
      expect(Object.keys(await lab.rows(agentId))).toEqual(["told again", "unheard, too"]);
      expect([await inBucket("told again"), await isDeletedInBucket("unheard")]).toEqual(["before", true]);
      expect(await found()).toEqual({});
    });

    it("stays when it was made anew, and nothing is deleted while an event of it waits", async () => {
      await deletedSince();
      await bySqlDeleted(["deleted", "unheard"]);
      await lab.database.state.put({ agentId, stateKey: "deleted", stateValue: "anew" });
      // By a transaction that began before the delete.
      await run(sql.type(z.object({}))`
        INSERT INTO agents.state (agent_id, state_key, state_value, updated_at)
        VALUES (${agentId}, 'unheard', '"anew"', now() - INTERVAL '1 hour')`);
      await using _ = await openFlusher();
      await allFlushed();
      expect(await found({ repair: true })).toEqual({
        deleted: "deleted-in-bucket postgres mended",
        unheard: "undecided neither not-possible",
        "unheard, too": "postgres-lost bucket mended",
        "told again": "postgres-lost bucket mended",
      });
      expect([await inPostgres("deleted"), await inBucket("deleted")]).toEqual(["anew", "anew"]);
      expect(await inPostgres("unheard")).toBe("anew");
      await using relay = await openRelay();
      await allPublished();
      expect(relay.status().state).toBe("running");
      expect([await inBucket("unheard"), await found()]).toEqual(["anew", {}]);
      await allFlushed();
    });

    it("does not come back with what agents wrote before it was deleted", async () => {
      const flusher = await openFlusher();
      const relay = await openRelay();
      await lab.put(agentId, "changed", "before");
      await allFlushed();
      await allPublished();
      const restore = await backUp(lab.database);
      for (const key of ["changed", "made", "made again"]) await lab.put(agentId, key, "since");
      await allFlushed();
      await bySqlDeleted(["changed", "made", "made again"]);
      await allPublished();
      await lab.put(agentId, "made again", "after the delete");
      await allFlushed();
      await flusher.stop();
      await relay.stop();
      await restore();
      await using _ = await openFlusher();
      await allFlushed();
      expect(await lab.rows(agentId)).toMatchObject({
        changed: { value: "before" },
        "made again": { value: "after the delete" },
      });
      expect(Object.keys(await lab.rows(agentId))).toHaveLength(2);
      expect(await found({ repair: true })).toEqual({ changed: "postgres-lost bucket mended" });
      expect(Object.keys(await lab.rows(agentId))).toEqual(["made again"]);
      for (const key of ["changed", "made"]) expect(await isDeletedInBucket(key)).toBe(true);
    });

    it("is named as lost when the bucket has its row again from the restored database", async () => {
      await deletedSince();
      await lab.link.manager.streams.purge(stateStream);
      await hydrate(lab, { agents: [agentId] });
      await using _ = await openFlusher();
      await allFlushed();
      expect(await found()).toEqual(Object.fromEntries(keys.map((key) => [key, "lost neither none"])));
    });
  });
});
