import { randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Database, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";

const nothing = z.object({});

async function agentOf(db: Database): Promise<string> {
  return (await db.agents.register({ agentType: "worker", agentName: "state test" })).agentId;
}

/** Moves the expiry of a key into the past, as if time had gone by. */
async function letExpire(db: Database, agentId: string, stateKey: string): Promise<void> {
  await db.write.query(sql.type(nothing)`
    UPDATE agents.state SET created_at = pg_catalog.now() - INTERVAL '2 hours',
      expires_at = pg_catalog.now() - INTERVAL '1 hour'
    WHERE agent_id = ${agentId} AND state_key = ${stateKey}`);
}

describe.each(clusters())("the state of an agent on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);

  it.each([
    null,
    "",
    "text with 'quotes', \"double\", \\ and 𝄞",
    0,
    -1.5e-7,
    false,
    [],
    {},
    [null, [null], { a: null }],
    { nested: { list: [1, 2, { deep: true }] }, "": "empty key", __proto: "x" },
  ])("reads back %j as it was written, at version 1", async (stateValue) => {
    const { db } = database();
    const agentId = await agentOf(db);
    const info = await db.state.put({ agentId, stateKey: "k", stateValue });
    expect(info).toMatchObject({ agentId, stateKey: "k", version: 1n, expiresAt: null });
    const entry = await db.state.get({ agentId, stateKey: "k" });
    expect(entry?.stateValue).toEqual(stateValue);
    expect(entry).toMatchObject(info);
  });

  it("counts its writes one by one", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k" };
    const versions = [];
    for (const stateValue of [1, 1, 2]) versions.push((await db.state.put({ ...ref, stateValue })).version);
    versions.push((await db.state.patch({ ...ref, patch: { a: 1 } })).version);
    versions.push((await db.state.setExpiry({ ...ref, ttlMs: 60_000 }))?.version);
    expect(versions).toEqual([1n, 2n, 3n, 4n, 5n]);
  });

  it("is written on an expected version only, and says both versions when it is another", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "plan" };
    const put = (stateValue: number, expectedVersion: bigint | null) =>
      db.state.put({ ...ref, stateValue, expectedVersion });
    await expect(put(1, 1n)).rejects.toMatchObject({
      code: "VERSION_CONFLICT",
      details: { stateKey: "plan", expectedVersion: "1", actualVersion: null },
    });
    await put(1, null);
    await put(2, 1n);
    await expect(put(3, 1n)).rejects.toMatchObject({
      code: "VERSION_CONFLICT",
      message: `state key "plan" of agent ${ref.agentId} was expected at version 1 and is at version 2`,
      details: { expectedVersion: "1", actualVersion: "2" },
    });
    await expect(put(3, null)).rejects.toMatchObject({
      details: { expectedVersion: null, actualVersion: "2" },
    });
    for (const refused of [
      () => db.state.patch({ ...ref, patch: {}, expectedVersion: 1n }),
      () => db.state.patch({ ...ref, patch: {}, expectedVersion: null }),
      () => db.state.delete({ ...ref, expectedVersion: 3n }),
      () => db.state.setExpiry({ ...ref, expectedVersion: 1n }),
    ])
      await expect(refused()).rejects.toMatchObject({
        code: "VERSION_CONFLICT",
        details: { actualVersion: "2" },
      });
    expect(await db.state.get(ref)).toMatchObject({ stateValue: 2, version: 2n });
    expect(await db.state.delete({ ...ref, expectedVersion: 2n })).toBe(true);
  });

  it("is created by one of many who expect that it does not exist, and taken on by one of many at each version", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "lease" };
    const race = async (expectedVersion: bigint | null) => {
      const tries = await Promise.allSettled(
        Array.from({ length: 12 }, (_, stateValue) => db.state.put({ ...ref, stateValue, expectedVersion })),
      );
      const refused = tries.filter((result) => result.status === "rejected");
      for (const { reason } of refused) expect(reason).toMatchObject({ code: "VERSION_CONFLICT" });
      return tries.length - refused.length;
    };
    expect([await race(null), await race(1n), await race(2n)]).toEqual([1, 1, 1]);
    expect(await db.state.get(ref)).toMatchObject({ version: 3n });
  });

  it("loses none of many patches at once", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "board" };
    await Promise.all(
      Array.from({ length: 120 }, (_, n) =>
        db.state.patch({ ...ref, patch: { cells: { [`c${n}`]: n }, last: n } }),
      ),
    );
    const entry = await db.state.get(ref);
    expect(entry?.version).toBe(120n);
    expect(entry?.stateValue).toMatchObject({
      cells: Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`c${n}`, n])),
    });
  });

  // RFC 7396, appendix A, without the cases whose target is not JSON.
  it.each([
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: [{ x: 1 }] }, { a: { "0": { x: null, y: 2 } } }, { a: { "0": { y: 2 } } }],
    [{ a: {} }, { a: { b: [null, { c: null }] } }, { a: { b: [null, { c: null }] } }],
  ])("as %j, patched with %j, is %j", async (stateValue, patch, result) => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k" };
    await db.state.put({ ...ref, stateValue });
    expect(await db.state.patch({ ...ref, patch })).toMatchObject({ version: 2n });
    expect((await db.state.get(ref))?.stateValue).toEqual(result);
    await db.state.patch({ ...ref, stateKey: "new", patch: { a: { b: null, c: 1 } } });
    expect((await db.state.get({ ...ref, stateKey: "new" }))?.stateValue).toEqual({ a: { c: 1 } });
  });

  it("keeps the digits of numbers that a patch does not touch", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k" };
    await db.write.query(sql.type(nothing)`
      INSERT INTO agents.state (agent_id, state_key, state_value)
      VALUES (${ref.agentId}, ${ref.stateKey}, '{"exact": 12345678901234567890.123456789}')`);
    await db.state.patch({ ...ref, patch: { other: 1 } });
    const text = sql.type(z.object({ text: z.string() }))`
      SELECT state_value ->> 'exact' AS text FROM agents.state WHERE agent_id = ${ref.agentId}`;
    expect(await db.write.oneFirst(text)).toBe("12345678901234567890.123456789");
  });

  it("is gone for everyone once it has expired, and starts anew at version 1", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const ref = { agentId, stateKey: "k" };
    const expired = async () => {
      await db.state.put({ ...ref, stateValue: { old: true }, ttlMs: 3_600_000 });
      await db.state.put({ ...ref, stateValue: { old: true }, ttlMs: 3_600_000 });
      await letExpire(db, agentId, "k");
    };
    await expired();
    expect(await db.state.get(ref)).toBeNull();
    expect(await db.state.getMany([ref])).toEqual([null]);
    expect((await db.state.list({ agentId })).items).toEqual([]);
    expect(await db.state.count({ agentId })).toBe(0);
    expect(await db.state.hydrate(agentId)).toEqual([]);
    expect(await db.state.setExpiry({ ...ref, ttlMs: 1000 })).toBeNull();
    await expect(db.state.put({ ...ref, stateValue: 1, expectedVersion: 2n })).rejects.toMatchObject({
      details: { actualVersion: null },
    });
    await expect(db.state.patch({ ...ref, patch: {}, expectedVersion: 2n })).rejects.toMatchObject({
      code: "VERSION_CONFLICT",
    });
    await expect(db.state.delete({ ...ref, expectedVersion: 2n })).rejects.toMatchObject({
      code: "VERSION_CONFLICT",
    });
    const before = Date.now() - 3_600_000;
    const anew = await db.state.put({ ...ref, stateValue: 1, expectedVersion: null });
    expect(anew).toMatchObject({ version: 1n, expiresAt: null });
    expect(anew.createdAt.getTime()).toBeGreaterThan(before);
    await expired();
    expect(await db.state.patch({ ...ref, patch: { a: 1 } })).toMatchObject({
      stateValue: { a: 1 },
      version: 1n,
      expiresAt: null,
    });
    await expired();
    expect(await db.state.put({ ...ref, stateValue: 2 })).toMatchObject({ version: 1n });
    await expired();
    expect(await db.state.delete(ref)).toBe(false);
  });

  it("keeps its expiry when it is patched, and loses it when it is replaced", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k" };
    const expiresAt = new Date(Date.now() + 3_600_000);
    await db.state.put({ ...ref, stateValue: {}, expiresAt });
    expect(await db.state.patch({ ...ref, patch: { a: 1 } })).toMatchObject({ expiresAt });
    const later = new Date(Date.now() + 7_200_000);
    expect(await db.state.patch({ ...ref, patch: { a: 2 }, expiresAt: later })).toMatchObject({
      expiresAt: later,
    });
    expect(await db.state.setExpiry(ref)).toMatchObject({ expiresAt: null });
    expect(await db.state.setExpiry({ ...ref, expiresAt })).toMatchObject({ expiresAt });
    expect(await db.state.put({ ...ref, stateValue: 1 })).toMatchObject({ expiresAt: null });
  });

  it("is refused when it would have expired before it is there", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k", expiresAt: new Date(Date.now() - 3_600_000) };
    const refused = { code: "INVALID_INPUT", details: { stateKey: "k" } };
    await expect(db.state.put({ ...ref, stateValue: 1 })).rejects.toMatchObject(refused);
    await expect(db.state.patch({ ...ref, patch: 1 })).rejects.toMatchObject(refused);
    await db.state.put({ agentId: ref.agentId, stateKey: "k", stateValue: 1 });
    await expect(db.state.put({ ...ref, stateValue: 2, expectedVersion: 1n })).rejects.toMatchObject(refused);
    await expect(db.state.patch({ ...ref, patch: 1 })).rejects.toMatchObject(refused);
    await expect(db.state.setExpiry(ref)).rejects.toMatchObject(refused);
    await expect(db.state.put({ ...ref, ttlMs: 1, stateValue: 1 })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
    expect(await db.state.get({ agentId: ref.agentId, stateKey: "k" })).toMatchObject({
      stateValue: 1,
      version: 1n,
    });
  });

  it("is not written for an agent that does not exist, which is named, and the transaction goes on", async () => {
    const { db } = database();
    const known = await agentOf(db);
    const agentId = randomUUID();
    const missing = { code: "NOT_FOUND", details: { agentId, stateKey: "k" } };
    await db.transaction(async (tx) => {
      await expect(tx.state.put({ agentId, stateKey: "k", stateValue: 1 })).rejects.toMatchObject(missing);
      await expect(tx.state.patch({ agentId, stateKey: "k", patch: {} })).rejects.toMatchObject(missing);
      await expect(tx.state.putMany([{ agentId, stateKey: "k", stateValue: 1 }])).rejects.toMatchObject(
        missing,
      );
      await tx.state.put({ agentId: known, stateKey: "k", stateValue: 1 });
    });
    expect(await db.state.count({ agentId: known })).toBe(1);
  });

  it("refuses what PostgreSQL cannot store, with the key and the path", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "notes" };
    const stateValue = { a: [{ b: "x\0y" }] };
    const path = `the value of state key "notes" of agent ${ref.agentId}: $.a[0].b holds the character U+0000`;
    await expect(db.state.put({ ...ref, stateValue })).rejects.toThrow(path);
    await expect(db.state.putMany([{ ...ref, stateValue }])).rejects.toThrow(path);
    await expect(db.state.patch({ ...ref, patch: stateValue })).rejects.toThrow("$.a[0].b holds");
    // What a caller without types might give.
    const absent = undefined as unknown as null;
    await expect(db.state.put({ ...ref, stateValue: absent })).rejects.toThrow("$ is undefined");
    await expect(db.state.put({ ...ref, stateValue: { a: absent } })).rejects.toThrow("$.a is undefined");
    expect(await db.state.count({ agentId: ref.agentId })).toBe(0);
  });

  it("has keys of 1 to 255 characters, and names a key that is none", async () => {
    const { db } = database();
    const agentId = await agentOf(db);
    const longest = "𝄞".repeat(255);
    await db.state.put({ agentId, stateKey: longest, stateValue: 1 });
    expect(await db.state.get({ agentId, stateKey: longest })).toMatchObject({ stateKey: longest });
    const put = (stateKey: string) => db.state.put({ agentId, stateKey, stateValue: 1 });
    await expect(put("")).rejects.toThrow('state key "" has 0 characters; 1 to 255 are allowed');
    await expect(put(`${longest}x`)).rejects.toThrow("has 256 characters");
    await expect(put("a\0b")).rejects.toThrow('state key "a\\u0000b" holds the character U+0000');
    await expect(put("a\ud800")).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(db.state.get({ agentId: "7", stateKey: "k" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  it("may have values of 10 MB", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "large" };
    const stateValue = { text: "ä".repeat(5_000_000), list: Array.from({ length: 100_000 }, (_, n) => n) };
    await db.state.put({ ...ref, stateValue });
    expect((await db.state.get(ref))?.stateValue).toEqual(stateValue);
    expect((await db.state.patch({ ...ref, patch: { list: null } })).stateValue).toEqual({
      text: stateValue.text,
    });
  });

  it("is written with other rows in one transaction, or not at all", async () => {
    const { db } = database();
    const ref = { agentId: await agentOf(db), stateKey: "k" };
    const failure = new Error("after the write");
    await expect(
      db.transaction(async (tx) => {
        await tx.state.put({ ...ref, stateValue: 1 });
        expect(await tx.state.get(ref)).toMatchObject({ stateValue: 1 });
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await db.state.get(ref)).toBeNull();
  });
});
