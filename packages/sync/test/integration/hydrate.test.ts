import { sql } from "@mister-smith/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createFlusher,
  createStateStore,
  type HydrateProgress,
  hydrate,
  readPosition,
  type StateStore,
  stateStream,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let store: StateStore;

beforeAll(async () => {
  lab = await openSyncLab();
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await store?.close();
  await recreateBucket(lab.link);
  store = await createStateStore({ link: lab.link });
  await lab.database.write.query(sql.type(z.object({}))`DELETE FROM agents.state`);
  return () => store.close();
});

const fill = (agentId: string, rows: number) =>
  lab.database.write.query(sql.type(z.object({}))`
    INSERT INTO agents.state (agent_id, state_key, state_value)
    SELECT ${agentId}::UUID, 'k' || i, jsonb_build_object('n', i, 'text', repeat('x', i % 50))
    FROM generate_series(1, ${rows}::INTEGER) AS i`);
const messages = async () => (await lab.link.manager.streams.info(stateStream)).state.messages;

describe("hydration", () => {
  it("brings the rows of all, of the active, or of named agents into the bucket, with their expiry", async () => {
    const [active, terminated] = [await lab.agent(), await lab.agent()];
    await lab.database.agents.terminate({ agentIds: [terminated] } as never).catch(() => {});
    await lab.database.write.query(
      sql.type(z.object({}))`UPDATE agents.registry SET status = 'terminated' WHERE agent_id = ${terminated}`,
    );
    const expiresAt = new Date(Date.now() + 3_600_000);
    await lab.database.state.put({
      agentId: active,
      stateKey: "a.b",
      stateValue: { x: [1, "é"] },
      expiresAt,
    });
    await lab.database.state.put({ agentId: terminated, stateKey: "old", stateValue: null });
    await lab.database.write.query(sql.type(z.object({}))`
      INSERT INTO agents.state (agent_id, state_key, state_value, created_at, expires_at)
      VALUES (${active}, 'expired', '1', now() - INTERVAL '2 hours', now() - INTERVAL '1 hour')`);
    expect(await hydrate(lab)).toMatchObject({ created: 1, present: 0, total: 1 });
    expect(await store.get(active, "a.b")).toMatchObject({ value: { x: [1, "é"] }, expiresAt });
    expect(await store.get(active, "expired")).toBeUndefined();
    expect(await store.get(terminated, "old")).toBeUndefined();
    expect(await hydrate(lab, { agents: [terminated] })).toMatchObject({ created: 1 });
    expect((await store.get(terminated, "old"))?.value).toBeNull();
    expect(await hydrate(lab, { agents: "all" })).toMatchObject({ created: 0, present: 2 });
    await expect(hydrate(lab, { agents: ["nobody"] })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  it("brings everything back after the loss of the whole bucket, and nothing of it is flushed back", async () => {
    const agents = [await lab.agent(), await lab.agent(), await lab.agent()];
    for (const agentId of agents) await fill(agentId, 1_500);
    const seen: HydrateProgress[] = [];
    const done = await hydrate(lab, { agents: "all", onProgress: (progress) => seen.push(progress) });
    expect(done).toMatchObject({ created: 4_500, present: 0, total: 4_500 });
    expect(seen.at(-1)).toEqual({ created: 4_500, present: 0, total: 4_500 });
    expect(await messages()).toBe(4_500);
    expect((await store.get(agents[1] ?? "", "k1500"))?.value).toEqual({ n: 1500, text: "" });
    await using flusher = createFlusher({ database: lab.database, link: lab.link });
    await flusher.start();
    await expect
      .poll(async () => (await readPosition(lab.database))?.sequence, { timeout: 20_000 })
      .toBe(4_500);
    const rows = await lab.rows(agents[0] ?? "");
    expect(Object.values(rows).every(({ version }) => version === 1)).toBe(true);
    expect(await lab.deadLetters()).toEqual([]);
  });

  it("leaves what the bucket has: a newer value, and a delete that is not flushed yet", async () => {
    const agentId = await lab.agent();
    await fill(agentId, 10);
    const { revision } = await store.put(agentId, "k1", "newer");
    await store.delete(agentId, "k2");
    expect(await hydrate(lab, { agents: [agentId] })).toMatchObject({ created: 8, present: 2 });
    expect(await store.get(agentId, "k1")).toMatchObject({ value: "newer", revision });
    expect(await store.get(agentId, "k2")).toBeUndefined();
  });

  it("never comes over writers of the bucket, and never leaves behind what SQL has changed meanwhile", async () => {
    const agentId = await lab.agent();
    await fill(agentId, 600);
    const half = Array.from({ length: 300 }, (_, at) => ({
      agentId,
      stateKey: `k${at + 1}`,
      value: "of the bucket",
    }));
    // These rows are cold while they are changed, so that nobody else brings the change to the bucket.
    const changing = (async () => {
      for (let at = 301; at <= 600; at += 1)
        await lab.database.state.put({ agentId, stateKey: `k${at}`, stateValue: "of SQL" });
    })();
    await Promise.all([
      hydrate(lab, { agents: [agentId], concurrency: 4 }),
      store.putMany(half, { concurrency: 4 }),
      changing,
    ]);
    expect((await store.getMany(half)).filter((state) => state?.value !== "of the bucket")).toEqual([]);
    const read = await store.getMany(
      Array.from({ length: 300 }, (_, at) => ({ agentId, stateKey: `k${at + 301}` })),
    );
    // What was changed after it was in the bucket is for the relay; what was changed before that must be there.
    const stale = read.filter((state) => state?.value !== "of SQL");
    for (const state of stale) {
      const row = await lab.database.write.one(sql.type(z.object({ at: z.number() }))`
        SELECT (EXTRACT(epoch FROM updated_at) * 1000)::DOUBLE PRECISION AS at FROM agents.state
        WHERE agent_id = ${agentId} AND state_key = ${state?.stateKey ?? ""}`);
      expect(row.at).toBeGreaterThan((state?.storedAt.getTime() ?? 0) - 1);
    }
  });

  it("ends by its signal, and is done when it runs again", async () => {
    const agentId = await lab.agent();
    await fill(agentId, 3_000);
    const stop = new AbortController();
    const ended = hydrate(lab, { agents: [agentId], signal: stop.signal, onProgress: () => stop.abort() });
    await expect(ended).rejects.toMatchObject({ code: "ABORTED" });
    await hydrate(lab, { agents: [agentId] });
    expect(await messages()).toBe(3_000);
  });

  it("survives a restart of the server", async () => {
    const agentId = await lab.agent();
    await fill(agentId, 4_000);
    let restarted: Promise<void> | undefined;
    await hydrate(lab, {
      agents: [agentId],
      onProgress: () => {
        restarted ??= lab.nats.kill().then(() => lab.nats.start());
      },
    });
    await restarted;
    expect(await messages()).toBe(4_000);
  });
});
