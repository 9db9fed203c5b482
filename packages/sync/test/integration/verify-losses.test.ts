import { sql } from "@mister-smith/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createFlusher,
  createRelay,
  createStateStore,
  evictOnce,
  hydrate,
  readPosition,
  stateStream,
  verifyStores,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
const quick = { settleMs: 50, patienceMs: 300 };
const nothing = z.object({});

beforeAll(async () => {
  lab = await openSyncLab();
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});

const run = (statement: Parameters<SyncLab["database"]["write"]["query"]>[0]) =>
  lab.database.write.query(statement);
const allFlushed = async () => {
  const { state } = await lab.link.manager.streams.info(stateStream);
  await expect
    .poll(async () => (await readPosition(lab.database))?.sequence, { timeout: 20_000, interval: 10 })
    .toBe(state.last_seq);
};
const openFlusher = async () => {
  const flusher = createFlusher({ database: lab.database, link: lab.link, maxDelayMs: 1 });
  await flusher.start();
  return flusher;
};

describe("after the loss", () => {
  it("of everything in NATS all is back by hydration, and both stores are level", async () => {
    const agentId = await lab.agent();
    const store = await createStateStore({ link: lab.link });
    const flusher = await openFlusher();
    const writes = Array.from({ length: 300 }, (_, at) => ({ agentId, stateKey: `k.${at}`, value: { at } }));
    await store.putMany(writes);
    await allFlushed();
    await flusher.stop();
    await store.close();
    await recreateBucket(lab.link);

    await using again = await openFlusher();
    expect(again.status().state).toBe("running");
    expect(await hydrate(lab, { agents: "all" })).toMatchObject({ created: 300 });
    await allFlushed();
    await using fresh = await createStateStore({ link: lab.link });
    expect((await fresh.getMany(writes)).map((state) => state?.value)).toEqual(
      writes.map(({ value }) => value),
    );
    expect(await verifyStores(lab, quick)).toMatchObject({ isClean: true, keys: 300, differences: 0 });
    expect((await lab.rows(agentId))["k.0"]?.version).toBe(1);
  });

  it("of the end of PostgreSQL the bucket brings back what it holds, and what it does not is listed", async () => {
    const agentId = await lab.agent();
    await run(sql.type(nothing)`SELECT FROM sync.enable_events('state')`);
    await using store = await createStateStore({ link: lab.link, database: lab.database });
    const relay = createRelay({ database: lab.database, link: lab.link });
    await relay.start();
    const flusher = await openFlusher();
    for (const key of ["kept", "newer", "deleted", "evicted", "evicted-deleted"])
      await store.put(agentId, key, "old");
    await allFlushed();
    // The backup.
    await run(sql.type(nothing)`CREATE TABLE public.backup_state AS
      SELECT agent_id, state_key, state_value, version, created_at, expires_at FROM agents.state`);
    await run(sql.type(nothing)`CREATE TABLE public.backup_position AS SELECT * FROM sync.positions`);

    for (const key of ["evicted", "evicted-new"]) await store.put(agentId, key, "lost");
    await store.delete(agentId, "evicted-deleted");
    await allFlushed();
    await expect.poll(async () => await pendingEvents()).toBe(0);
    await evictOnce(lab, { ttlMs: -1_000 });
    await store.put(agentId, "newer", "new");
    await store.put(agentId, "created", "new");
    await store.delete(agentId, "deleted");
    await allFlushed();
    await expect.poll(async () => await pendingEvents()).toBe(0);
    await flusher.stop();
    await relay.stop();
    // The restore. Its own events are none: the backup was made before.
    await run(sql.type(nothing)`SELECT FROM sync.disable_events('state')`);
    await lab.database.transaction(async (tx) => {
      await tx.query(sql.type(nothing)`DELETE FROM agents.state`);
      await tx.query(sql.type(nothing)`
        INSERT INTO agents.state (agent_id, state_key, state_value, version, created_at, expires_at)
        SELECT agent_id, state_key, state_value, version, created_at, expires_at FROM public.backup_state`);
      await tx.query(sql.type(nothing)`DELETE FROM sync.positions`);
      await tx.query(sql.type(nothing)`INSERT INTO sync.positions SELECT * FROM public.backup_position`);
    });

    const listed = async (repair: boolean) => {
      const report = await verifyStores(lab, { ...quick, repair, agents: [agentId] });
      return Object.fromEntries(report.listed.map(({ key, cause }) => [key?.stateKey, cause]));
    };
    const lost = { evicted: "lost", "evicted-new": "lost", "evicted-deleted": "lost" };
    const before = await verifyStores(lab, quick);
    expect(before.goneUnflushed).toBeGreaterThan(0);
    expect(before.isClean).toBe(false);
    // What is gone does not tell whose it was: it says nothing of another agent, or of one key.
    const others = { ...quick, agents: [await lab.agent()] };
    for (const narrowed of [others, { ...quick, stateKey: "kept" }])
      expect(await verifyStores(lab, narrowed)).toMatchObject({ isClean: true, goneUnflushed: undefined });
    expect(await listed(false)).toEqual({
      newer: "not-flushed",
      created: "not-flushed",
      deleted: "not-flushed",
      ...lost,
    });

    await using again = await openFlusher();
    expect(again.status().state).toBe("running");
    await allFlushed();
    expect(await listed(true)).toEqual(lost);
    expect(
      Object.fromEntries(Object.entries(await lab.rows(agentId)).map(([key, row]) => [key, row.value])),
    ).toEqual({
      kept: "old",
      newer: "new",
      created: "new",
      evicted: "old",
      "evicted-deleted": "old",
    });
  });

  it("of the end of PostgreSQL what the bucket has of later rows comes back, and is never overwritten", async () => {
    const agentId = await lab.agent();
    await run(sql.type(nothing)`SELECT FROM sync.enable_events('state')`);
    await using store = await createStateStore({ link: lab.link, database: lab.database });
    const relay = createRelay({ database: lab.database, link: lab.link });
    await relay.start();
    const flusher = await openFlusher();
    for (const key of ["read-again", "by-sql"]) await store.put(agentId, key, 1);
    await allFlushed();
    await run(sql.type(nothing)`CREATE TABLE public.older_state AS
      SELECT agent_id, state_key, state_value, version, created_at, updated_at, expires_at
      FROM agents.state WHERE agent_id = ${agentId}`);
    await run(sql.type(nothing)`CREATE TABLE public.older_position AS SELECT * FROM sync.positions`);

    await store.put(agentId, "read-again", 2);
    await store.put(agentId, "made-later", 2);
    await run(sql.type(nothing)`UPDATE agents.state SET state_value = '2'
      WHERE agent_id = ${agentId} AND state_key = 'by-sql'`);
    await expect.poll(async () => await pendingEvents()).toBe(0);
    await allFlushed();
    await evictOnce(lab, { ttlMs: -1_000 });
    // No event tells of it.
    await run(sql.type(nothing)`SELECT FROM sync.disable_events('state')`);
    await lab.database.state.put({ agentId, stateKey: "unheard", stateValue: 2 });
    for (const key of ["read-again", "by-sql", "made-later", "unheard"])
      expect((await store.get(agentId, key))?.value).toBe(2);
    await allFlushed();
    await flusher.stop();
    await relay.stop();
    await lab.database.transaction(async (tx) => {
      await tx.query(sql.type(nothing)`DELETE FROM agents.state WHERE agent_id = ${agentId}`);
      await tx.query(sql.type(nothing)`
        INSERT INTO agents.state (agent_id, state_key, state_value, version, created_at, updated_at, expires_at)
        SELECT * FROM public.older_state`);
      await tx.query(sql.type(nothing)`DELETE FROM sync.positions`);
      await tx.query(sql.type(nothing)`INSERT INTO sync.positions SELECT * FROM public.older_position`);
    });

    await using again = await openFlusher();
    expect(again.status().state).toBe("running");
    await allFlushed();
    const found = async (repair: boolean) => {
      const { listed } = await verifyStores(lab, { ...quick, repair, agents: [agentId] });
      return Object.fromEntries(
        listed.map(({ key, cause, ahead, repair }) => [key?.stateKey, `${cause} ${ahead} ${repair}`]),
      );
    };
    expect(await found(false)).toEqual({
      "read-again": "postgres-lost bucket none",
      "by-sql": "postgres-lost bucket none",
      "made-later": "postgres-lost bucket none",
      unheard: "undecided neither none",
    });
    expect(await found(true)).toEqual({
      "read-again": "postgres-lost bucket mended",
      "by-sql": "postgres-lost bucket mended",
      "made-later": "postgres-lost bucket mended",
      unheard: "undecided neither not-possible",
    });
    expect(await found(true)).toEqual({ unheard: "undecided neither not-possible" });
    expect(await lab.rows(agentId)).toMatchObject({
      "read-again": { value: 2 },
      "by-sql": { value: 2 },
      "made-later": { value: 2 },
    });
    for (const key of ["read-again", "by-sql", "made-later", "unheard"])
      expect((await store.get(agentId, key))?.value).toBe(2);
  });
});

async function pendingEvents(): Promise<number> {
  return await lab.database.write.oneFirst(
    sql.type(z.object({ count: z.int() }))`SELECT count(*)::INTEGER AS count FROM sync.outbox_pending`,
  );
}
