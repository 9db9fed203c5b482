import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Executor } from "../../src/executor/executor.ts";
import { type Database, sql } from "../../src/index.ts";
import { queryableOf } from "../../src/queryable/queryable-of.ts";
import { stateOf } from "../../src/state/state.ts";
import { useClientDatabase } from "../support/client-database.ts";

const nothing = z.object({});

async function agentOf(db: Database): Promise<string> {
  return (await db.agents.register({ agentType: "worker", agentName: "bulk test" })).agentId;
}

function keys(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `k${String(n).padStart(5, "0")}`);
}

async function expireAll(db: Database, agentId: string): Promise<void> {
  await db.write.query(sql.type(nothing)`
    UPDATE agents.state SET created_at = pg_catalog.now() - INTERVAL '2 hours',
      expires_at = pg_catalog.now() - INTERVAL '1 hour'
    WHERE agent_id = ${agentId}`);
}

/** The same database, counting the statements that go to it. */
function counting(db: Database): { readonly executor: Executor; readonly statements: () => number } {
  let count = 0;
  const counted = (on: Executor["write"]) =>
    queryableOf({
      query: async (statement, options) => {
        count += 1;
        return await on.query(statement, options);
      },
      stream: on.stream,
    });
  const executorOn = (on: Executor): Executor => ({
    read: counted(on.read),
    write: counted(on.write),
    transaction: async (work, options) => await on.transaction((tx) => work(executorOn(tx)), options),
  });
  return { executor: executorOn(db), statements: () => count };
}

describe.each(clusters())("many values on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);

  it("are written, read and deleted in one statement each, in the order given", async () => {
    const { db } = database();
    const agentIds = [await agentOf(db), await agentOf(db)];
    const entries = keys(1500)
      .reverse()
      .flatMap((stateKey) =>
        agentIds.map((agentId) => ({ agentId, stateKey, stateValue: { of: stateKey, nil: null } })),
      );
    const { executor, statements } = counting(db);
    const state = stateOf(executor);
    const infos = await state.putMany(entries);
    expect(infos.map(({ agentId, stateKey }) => [agentId, stateKey])).toEqual(
      entries.map(({ agentId, stateKey }) => [agentId, stateKey]),
    );
    const asked = [...entries, { agentId: agentIds[0] ?? "", stateKey: "none" }].map(
      ({ agentId, stateKey }) => ({ agentId, stateKey }),
    );
    const read = await state.getMany(asked);
    expect(read.map((entry) => entry?.stateValue)).toEqual([
      ...entries.map(({ stateValue }) => stateValue),
      undefined,
    ]);
    expect(await state.deleteMany(asked)).toBe(3000);
    expect(statements()).toBe(3);
  });

  it("are written all or not at all", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await db.state.put({ agentId, stateKey: "b", stateValue: 0 });
    const put = (expectedVersion: bigint | null) =>
      db.state.putMany([
        { agentId, stateKey: "a", stateValue: 1 },
        { agentId, stateKey: "b", stateValue: 1, expectedVersion },
        { agentId, stateKey: "c", stateValue: 1, expectedVersion: null },
      ]);
    await expect(put(2n)).rejects.toMatchObject({
      code: "VERSION_CONFLICT",
      details: { stateKey: "b", expectedVersion: "2", actualVersion: "1" },
    });
    expect(await db.state.count({ agentId })).toBe(1);
    expect((await put(1n)).map(({ version }) => version)).toEqual([1n, 2n, 1n]);
  });

  it("are written each by itself when asked to be, with the outcome of each", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await db.state.put({ agentId, stateKey: "there", stateValue: 0 });
    const past = new Date(Date.now() - 60_000);
    const results = await db.state.putEach([
      { agentId, stateKey: "there", stateValue: 1, expectedVersion: 9n },
      { agentId, stateKey: "new", stateValue: null, expectedVersion: null },
      { agentId: randomUUID(), stateKey: "k", stateValue: 1 },
      { agentId, stateKey: "late", stateValue: 1, expiresAt: past },
      { agentId, stateKey: "any", stateValue: 1, ttlMs: 60_000 },
      { agentId, stateKey: "absent", stateValue: 1, expectedVersion: 1n },
    ]);
    expect(results.map(({ outcome }) => outcome)).toEqual([
      "conflict",
      "written",
      "no-agent",
      "already-expired",
      "written",
      "conflict",
    ]);
    expect(results[1]).toMatchObject({ info: { stateKey: "new", version: 1n } });
    expect((await db.state.listKeys({ agentId })).items.map(({ stateKey }) => stateKey)).toEqual([
      "any",
      "new",
      "there",
    ]);
  });

  it("are refused when a key is given twice", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const entry = { agentId, stateKey: "k", stateValue: 1 };
    await expect(db.state.putMany([entry, { ...entry, agentId: agentId.toUpperCase() }])).rejects.toThrow(
      `state key "k" of agent ${agentId} is given twice`,
    );
  });

  it("are written by many at once, in opposite orders, without a deadlock and without a loss", async () => {
    const { db } = database();
    const agentIds = [await agentOf(db), await agentOf(db)];
    // So many that the server reads rows by their keys, in the order in which it is asked for them.
    await db.write.query(sql.type(nothing)`
      INSERT INTO agents.state (agent_id, state_key, state_value)
      SELECT a::UUID, 'other' || n, '0'
      FROM pg_catalog.unnest(${sql.array(agentIds, "text")}) AS a, pg_catalog.generate_series(1, 10000) AS n`);
    await db.write.query(sql.type(nothing)`ANALYZE agents.state`);
    const entries = keys(40).flatMap((stateKey) => agentIds.map((agentId) => ({ agentId, stateKey })));
    await Promise.all(
      Array.from({ length: 30 }, async (_, n) => {
        const mine = entries.map((entry) => ({ ...entry, stateValue: n }));
        await db.state.putMany(n % 2 === 0 ? mine : mine.reverse());
      }),
    );
    const infos = await db.state.getMany(entries);
    expect(new Set(infos.map((info) => info?.version))).toEqual(new Set([30n]));
    // Each of them wrote all keys in one go, so that all hold what the last one wrote.
    expect(new Set(infos.map((info) => info?.stateValue)).size).toBe(1);
  });

  it("are listed by prefix page by page, each once, while others come and go", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const wanted = keys(25);
    // A prefix is text: the wildcards of LIKE stand for themselves.
    await db.state.putMany(
      [...wanted, "j", "k_", "l", "%"].map((stateKey) => ({ agentId, stateKey, stateValue: stateKey })),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof db.state.list>> = await db.state.list({
        agentId,
        prefix: "k0",
        limit: 7,
        cursor,
      });
      seen.push(...page.items.map(({ stateKey }) => stateKey));
      cursor = page.nextCursor;
      await db.state.put({ agentId, stateKey: "k0", stateValue: 0 });
      await db.state.delete({ agentId, stateKey: seen[0] ?? "" });
    } while (cursor !== null);
    expect(seen).toEqual(wanted);
    expect(await db.state.count({ agentId, prefix: "k_" })).toBe(1);
    expect((await db.state.list({ agentId, prefix: "%" })).items).toHaveLength(1);
    await expect(db.state.list({ agentId, cursor: "bm9uc2Vuc2U" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  it("are streamed by key", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await db.state.putMany(keys(2000).map((stateKey) => ({ agentId, stateKey, stateValue: stateKey })));
    const seen: unknown[] = [];
    for await (const { stateValue } of db.state.stream({ agentId, prefix: "k00" })) seen.push(stateValue);
    expect(seen).toEqual(keys(1000));
  });

  it("are cleared away when they have expired, the oldest first, and never one that was written anew", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await db.state.putMany(
      keys(30).map((stateKey) => ({ agentId, stateKey, stateValue: 1, ttlMs: 3_600_000 })),
    );
    await expireAll(db, agentId);
    await db.state.put({ agentId, stateKey: "stays", stateValue: 1, ttlMs: 3_600_000 });
    expect(await db.state.reapExpired({ limit: 12 })).toBe(12);
    await db.transaction(async (tx) => {
      // Its row is locked by this transaction: the reaper passes it over instead of waiting.
      await tx.state.put({ agentId, stateKey: "k00029", stateValue: 2 });
      expect(await db.state.reapExpired()).toBe(17);
    });
    expect(await db.state.reapExpired()).toBe(0);
    const left = await db.state.list({ agentId });
    expect(left.items.map(({ stateKey, stateValue }) => [stateKey, stateValue])).toEqual([
      ["k00029", 2],
      ["stays", 1],
    ]);
  });

  it("hydrate an agent, latest change first", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    for (const stateKey of ["a", "b", "c"]) await db.state.put({ agentId, stateKey, stateValue: null });
    await db.state.put({ agentId, stateKey: "a", stateValue: [1] });
    expect(await db.state.hydrate(agentId)).toEqual([
      { stateKey: "a", stateValue: [1] },
      { stateKey: "c", stateValue: null },
      { stateKey: "b", stateValue: null },
    ]);
  });

  it("are followed through the checkpoints, newest first, with JSON null told from none", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k" };
    const take = async (checkpointName: string) =>
      await db.checkpoints.create({ agentId: ref.agentId, checkpointName });
    await take("none");
    await db.state.put({ ...ref, stateValue: null });
    await take("null");
    await db.state.put({ ...ref, stateValue: { a: 1 } });
    await take("object");
    const first = await db.state.history({ ...ref, limit: 2 });
    const rest = await db.state.history({ ...ref, limit: 2, cursor: first.nextCursor });
    expect(
      [...first.items, ...rest.items].map((at) => [at.checkpointName, at.present, at.stateValue]),
    ).toEqual([
      ["object", true, { a: 1 }],
      ["null", true, null],
      ["none", false, null],
    ]);
    expect(rest.nextCursor).toBeNull();
  });
});
