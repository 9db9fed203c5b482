import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Database, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

const nothing = z.object({});

type Of = (stateKey: string) => { readonly agentId: string; readonly stateKey: string };

async function agentOf(db: Database): Promise<string> {
  return (await db.agents.register({ agentType: "worker", agentName: "checkpoint test" })).agentId;
}

async function putAll(db: Pick<Database, "state">, agentId: string, values: Record<string, number>) {
  await db.state.putMany(
    Object.entries(values).map(([stateKey, stateValue]) => ({ agentId, stateKey, stateValue })),
  );
}

async function valuesOf(db: Database, agentId: string): Promise<Record<string, unknown>> {
  const { items } = await db.state.list({ agentId, limit: 1000 });
  return Object.fromEntries(items.map(({ stateKey, stateValue }) => [stateKey, stateValue]));
}

/** Resolves when another session waits for a lock. */
async function someoneWaits(db: Database): Promise<void> {
  const waiting = sql.type(nothing)`
    SELECT FROM pg_catalog.pg_stat_activity AS a
    WHERE a.datname = pg_catalog.current_database() AND a.wait_event_type = 'Lock'`;
  while (!(await db.write.exists(waiting)));
}

describe.each(clusters())("a checkpoint on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);

  it("holds the whole state that has not expired, with its name, cause and revision", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await putAll(db, agentId, { a: 1, b: 2, gone: 3 });
    await db.state.put({ agentId, stateKey: "nil", stateValue: null, ttlMs: 60_000 });
    await db.write.query(sql.type(nothing)`
      UPDATE agents.state SET created_at = pg_catalog.now() - INTERVAL '2 hours',
        expires_at = pg_catalog.now() - INTERVAL '1 hour'
      WHERE agent_id = ${agentId} AND state_key = 'gone'`);
    const facts = { agentId, checkpointName: "before merge", triggerEvent: "merge", kvRevision: 2n ** 60n };
    const info = await db.checkpoints.create(facts);
    expect(info).toMatchObject(facts);
    expect(await db.checkpoints.get(info.checkpointId)).toMatchObject({
      ...facts,
      stateSnapshot: { a: 1, b: 2, nil: null },
    });
    const empty = await db.checkpoints.create({ agentId: await agentOf(db) });
    expect(await db.checkpoints.get(empty.checkpointId)).toMatchObject({
      checkpointName: null,
      stateSnapshot: {},
    });
  });

  it("is refused for an agent that does not exist", async () => {
    const { db } = database();
    const agentId = randomUUID();
    await expect(db.checkpoints.create({ agentId })).rejects.toMatchObject({
      code: "NOT_FOUND",
      details: { agentId },
    });
  });

  it("is never of two moments, while others write all keys at once", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const all = (n: number) => Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${at}`, n]));
    await putAll(db, agentId, all(0));
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n++) await putAll(db, agentId, all(n));
    })();
    const taken = [];
    for (let n = 0; n < 15; n++) taken.push(await db.checkpoints.create({ agentId }));
    writing = false;
    await writer;
    for (const { checkpointId } of taken) {
      const snapshot = (await db.checkpoints.get(checkpointId))?.stateSnapshot;
      expect(new Set(Object.values(snapshot ?? {})).size).toBe(1);
    }
  });

  it("is found by its name, as the latest, and in a list page by page, newest first", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    // In one transaction: they have an order all the same.
    const ids = await db.transaction(async (tx) => {
      const infos = [];
      for (const checkpointName of ["x", "y", "x", "y", "z"])
        infos.push(await tx.checkpoints.create({ agentId, checkpointName }));
      return infos.map(({ checkpointId }) => checkpointId);
    });
    const newestFirst = ids.toReversed();
    expect((await db.checkpoints.latest(agentId))?.checkpointId).toBe(ids[4]);
    expect((await db.checkpoints.byName(agentId, "x"))?.checkpointId).toBe(ids[2]);
    expect(await db.checkpoints.byName(agentId, "none")).toBeNull();
    expect(await db.checkpoints.latest(randomUUID())).toBeNull();
    const first = await db.checkpoints.list({ agentId, limit: 3 });
    const second = await db.checkpoints.list({ agentId, limit: 3, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ checkpointId }) => checkpointId)).toEqual(newestFirst);
    expect(second.nextCursor).toBeNull();
    const named = await db.checkpoints.list({ agentId, checkpointName: "y" });
    expect(named.items.map(({ checkpointId }) => checkpointId)).toEqual([ids[3], ids[1]]);
  });

  it("tells what was added, removed and changed since", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await putAll(db, agentId, { same: 1, other: 1, gone: 1 });
    const { checkpointId } = await db.checkpoints.create({ agentId });
    expect(await db.checkpoints.diff(checkpointId)).toEqual({ added: [], removed: [], changed: [] });
    await putAll(db, agentId, { other: 2, new: 1 });
    await db.state.delete({ agentId, stateKey: "gone" });
    expect(await db.checkpoints.diff(checkpointId)).toEqual({
      added: ["new"],
      removed: ["gone"],
      changed: ["other"],
    });
  });

  it("brings the whole state back, with versions that only go on", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await putAll(db, agentId, { same: 1, other: 1, gone: 1 });
    await db.state.put({ agentId, stateKey: "nil", stateValue: null });
    const { checkpointId } = await db.checkpoints.create({ agentId });
    const same = await db.state.get({ agentId, stateKey: "same" });
    await putAll(db, agentId, { other: 2, new: 1, nil: 3 });
    const { expiresAt } = await db.state.put({ agentId, stateKey: "other", stateValue: 3, ttlMs: 3_600_000 });
    await db.state.delete({ agentId, stateKey: "gone" });
    const done = await db.checkpoints.restore(checkpointId);
    expect(done).toEqual({
      agentId,
      added: ["gone"],
      removed: ["new"],
      changed: ["nil", "other"],
      unchanged: 1,
      safetyCheckpointId: null,
    });
    expect(await valuesOf(db, agentId)).toEqual({ same: 1, other: 1, gone: 1, nil: null });
    expect(await db.state.get({ agentId, stateKey: "same" })).toEqual(same);
    expect(await db.state.get({ agentId, stateKey: "other" })).toMatchObject({ version: 4n, expiresAt });
    expect(await db.state.get({ agentId, stateKey: "gone" })).toMatchObject({ version: 1n, expiresAt: null });
    expect(await db.checkpoints.restore(checkpointId)).toMatchObject({
      added: [],
      removed: [],
      changed: [],
      unchanged: 4,
    });
  });

  it("is taken before a restore when asked for, so that one can go back", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await putAll(db, agentId, { a: 1 });
    const { checkpointId } = await db.checkpoints.create({ agentId });
    await putAll(db, agentId, { a: 2, b: 2 });
    const safetyCheckpoint = { checkpointName: "in case" };
    const { safetyCheckpointId } = await db.checkpoints.restore(checkpointId, { safetyCheckpoint });
    expect(await db.checkpoints.latest(agentId)).toMatchObject({
      checkpointId: safetyCheckpointId,
      checkpointName: "in case",
      triggerEvent: "before_restore",
      stateSnapshot: { a: 2, b: 2 },
    });
    await db.checkpoints.restore(safetyCheckpointId ?? "");
    expect(await valuesOf(db, agentId)).toEqual({ a: 2, b: 2 });
  });

  it("restores nothing when the transaction around it fails, when it does not exist, or holds no snapshot", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    await putAll(db, agentId, { a: 1 });
    const { checkpointId } = await db.checkpoints.create({ agentId });
    await putAll(db, agentId, { a: 2 });
    const failure = new Error("after the restore");
    await expect(
      db.transaction(async (tx) => {
        await tx.checkpoints.restore(checkpointId, { safetyCheckpoint: true });
        throw failure;
      }),
    ).rejects.toBe(failure);
    const unknown = randomUUID();
    for (const refused of [() => db.checkpoints.restore(unknown), () => db.checkpoints.diff(unknown)])
      await expect(refused()).rejects.toMatchObject({
        code: "NOT_FOUND",
        details: { checkpointId: unknown },
      });
    await db.write.query(sql.type(nothing)`
      UPDATE agents.checkpoints SET state_snapshot = '[]' WHERE checkpoint_id = ${checkpointId}`);
    await expect(db.checkpoints.restore(checkpointId)).rejects.toMatchObject({ code: "UNEXPECTED_ROW" });
    expect(await valuesOf(db, agentId)).toEqual({ a: 2 });
    expect((await db.checkpoints.list({ agentId })).items).toHaveLength(1);
  });

  it("is restored beside many writers as if before or after each, and nobody runs into a deadlock", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const keys = ["a", "b", "c", "d", "e", "f"];
    const all = (n: number) => Object.fromEntries(keys.map((key) => [key, n]));
    await putAll(db, agentId, all(0));
    const { checkpointId } = await db.checkpoints.create({ agentId });
    // Each writes the shared keys in one go, and makes and deletes keys of its own before and after.
    const writer = async (n: number) => {
      for (let round = 1; round <= 6; round++)
        await db.transaction(async (tx) => {
          const own = { agentId, stateKey: `own${n}` };
          await tx.state.patch({ ...own, patch: { round } });
          await putAll(tx, agentId, all(n * 100 + round));
          if (round % 2 === 0) await tx.state.delete(own);
          await tx.state.put({ agentId, stateKey: `new${n}-${round}`, stateValue: round });
        });
    };
    const states: Record<string, unknown>[] = [];
    const restorer = async () => {
      for (let round = 0; round < 8; round++) {
        await db.checkpoints.restore(checkpointId);
        states.push(await valuesOf(db, agentId));
      }
    };
    await Promise.all([...[1, 2, 3, 4, 5].map(writer), restorer()]);
    for (const state of [...states, await valuesOf(db, agentId)])
      expect(new Set(keys.map((key) => state[key])).size).toBe(1);
    await db.checkpoints.restore(checkpointId);
    expect(await valuesOf(db, agentId)).toEqual(all(0));
  });

  it.each([
    ["made a key", (tx: Pick<Database, "state">, of: Of) => tx.state.put({ ...of("gone"), stateValue: 1 })],
    ["put a value", (tx: Pick<Database, "state">, of: Of) => tx.state.put({ ...of("a"), stateValue: 1 })],
    ["patched a value", (tx: Pick<Database, "state">, of: Of) => tx.state.patch({ ...of("a"), patch: 1 })],
    [
      "put values",
      (tx: Pick<Database, "state">, of: Of) => tx.state.putMany([{ ...of("a"), stateValue: 1 }]),
    ],
    ["set an expiry", (tx: Pick<Database, "state">, of: Of) => tx.state.setExpiry(of("a"))],
    ["deleted a value", (tx: Pick<Database, "state">, of: Of) => tx.state.delete(of("a"))],
    ["deleted values", (tx: Pick<Database, "state">, of: Of) => tx.state.deleteMany([of("a")])],
  ] as const)("is restored after a writer that has just %s, and does not hinder it", async (_, first) => {
    const { db } = database();
    const agentId = await agentOf(db);
    await putAll(db, agentId, { a: 0, gone: 0 });
    const { checkpointId } = await db.checkpoints.create({ agentId });
    await db.state.delete({ agentId, stateKey: "gone" });
    const { restoring } = await db.transaction(
      async (tx) => {
        await tx.query(sql.type(nothing)`SET LOCAL lock_timeout = '500ms'`);
        await first(tx, (stateKey) => ({ agentId, stateKey }));
        const restored = db.checkpoints.restore(checkpointId);
        await someoneWaits(db);
        // What waits for this writer holds nothing that the writer needs.
        await putAll(tx, agentId, { a: 1, b: 1 });
        return { restoring: restored };
      },
      { retries: 0 },
    );
    expect(await restoring).toMatchObject({ removed: ["b"], unchanged: 0 });
    expect(await valuesOf(db, agentId)).toEqual({ a: 0, gone: 0 });
  });

  it("is deleted alone, or pruned by number, age and name", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const other = await agentOf(db);
    const take = async (of: string, name?: string) => {
      const input = name === undefined ? { agentId: of } : { agentId: of, checkpointName: name };
      return (await db.checkpoints.create(input)).checkpointId;
    };
    const ids = [];
    for (const name of [undefined, "kept", undefined, undefined, undefined])
      ids.push(await take(agentId, name));
    await take(other);
    expect(await db.checkpoints.delete(ids[4] ?? "")).toBe(true);
    expect(await db.checkpoints.delete(ids[4] ?? "")).toBe(false);
    await expect(db.checkpoints.prune({ agentId })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(await db.checkpoints.prune({ agentId, keepNewest: 1, olderThanMs: 3_600_000 })).toBe(0);
    await db.write.query(sql.type(nothing)`
      UPDATE agents.checkpoints SET created_at = created_at - INTERVAL '2 hours'
      WHERE checkpoint_id IN (${ids[0] ?? ""}, ${ids[1] ?? ""})`);
    expect(await db.checkpoints.prune({ agentId, olderThanMs: 3_600_000, keepNamed: true })).toBe(1);
    expect(await db.checkpoints.prune({ agentId, keepNewest: 1, keepNamed: true })).toBe(1);
    const left = await db.checkpoints.list({ agentId });
    expect(left.items.map(({ checkpointId }) => checkpointId)).toEqual([ids[3], ids[1]]);
    expect(await db.checkpoints.prune({ agentId, keepNewest: 0 })).toBe(2);
    expect((await db.checkpoints.list({ agentId: other })).items).toHaveLength(1);
  });
});
