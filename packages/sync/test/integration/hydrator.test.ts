import { sql } from "@mister-smith/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { syncConfig } from "../../src/config/sync-config.ts";
import {
  createFlusher,
  createHydrator,
  createStateStore,
  type HydratorOptions,
  readPosition,
  type Service,
  type StateDifference,
  stateStream,
  type VerifyReport,
} from "../../src/index.ts";
import { lastMessage } from "../../src/project/last-message.ts";
import { ensureTopology } from "../../src/topology/ensure-topology.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let agentId: string;
const patience = { timeout: 30_000, interval: 20 };
const nothing = z.object({});

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
});

/** What a hydrator tells. */
interface Told {
  readonly hydrated: number[];
  readonly verified: VerifyReport[];
  readonly differences: StateDifference[];
  readonly wentBack: number;
}

async function openHydrator(
  own: Partial<HydratorOptions> = {},
): Promise<Told & { readonly service: Service }> {
  const told = {
    hydrated: [] as number[],
    verified: [] as VerifyReport[],
    differences: [] as StateDifference[],
  };
  let wentBack = 0;
  const service = createHydrator({
    database: lab.database,
    link: lab.link,
    intervalMs: 20,
    onHydrated: ({ created }) => told.hydrated.push(created),
    onVerified: (report) => told.verified.push(report),
    onDifference: (difference) => told.differences.push(difference),
    onWentBack: () => {
      wentBack += 1;
    },
    ...own,
  });
  await service.start();
  return {
    ...told,
    service,
    get wentBack() {
      return wentBack;
    },
  };
}

async function openFlusher() {
  const flusher = createFlusher({ database: lab.database, link: lab.link, maxDelayMs: 1 });
  await flusher.start();
  return flusher;
}

async function allFlushed(): Promise<void> {
  const { state } = await lab.link.manager.streams.info(stateStream);
  await expect.poll(async () => (await readPosition(lab.database))?.sequence, patience).toBe(state.last_seq);
}

describe("a hydrator", () => {
  it("makes both stores equal after the bucket was deleted and made anew, without anybody's help", async () => {
    await using flusher = await openFlusher();
    await lab.put(agentId, "kept", 1);
    await allFlushed();
    const told = await openHydrator();
    await expect.poll(() => told.verified.length, patience).toBe(1);
    expect(told.verified[0]).toMatchObject({ isClean: true, differences: 0, keys: 1 });

    await recreateBucket(lab.link);
    // The new bucket has what never was in PostgreSQL, as from a copy that somebody put back.
    await lab.database.state.put({ agentId, stateKey: "kept", stateValue: "by SQL" });
    await lab.put(agentId, "kept", "by SQL", { "Smith-Origin": "postgres" });
    await lab.put(agentId, "gone", "never in PostgreSQL", { "Smith-Origin": "postgres" });
    await expect.poll(() => told.verified.length, patience).toBe(2);
    expect(told.verified[1]).toMatchObject({ isClean: false, differences: 1, openDifferences: 1 });
    // It may be the last copy of a row that was lost: nothing tells, and so it is named and stays.
    expect(told.differences).toMatchObject([
      { key: { agentId, stateKey: "gone" }, cause: "undecided", repair: "not-possible" },
    ]);
    await using store = await createStateStore({ link: lab.link });
    expect((await store.get(agentId, "kept"))?.value).toBe("by SQL");
    expect((await store.get(agentId, "gone"))?.value).toBe("never in PostgreSQL");
    await told.service.stop();
    expect(flusher.position?.incarnation).toBe(2);
  });

  it("fills the buckets of configurations and sessions, also when they are lost or emptied, and brings in all state", async () => {
    await lab.database.sessions.create({ userId: "someone", sessionData: {}, expiresInMs: 86_400_000 });
    await lab.database.state.put({ agentId, stateKey: "old", stateValue: 1 });
    await lab.database.write.query(
      sql.type(nothing)`UPDATE agents.registry SET status = 'terminated' WHERE agent_id = ${agentId}`,
    );
    const told = await openHydrator({ verify: false });
    const messagesOf = async (bucket: string) =>
      (await lab.link.manager.streams.info(`KV_${bucket}`)).state.messages;
    await expect.poll(() => messagesOf("SESSION_DATA"), patience).toBe(1);
    expect(await messagesOf("AGENT_CONFIG")).toBeGreaterThan(0);
    expect(told.hydrated).toEqual([1]);
    for (const bucket of ["SESSION_DATA", "AGENT_CONFIG"]) {
      await lab.link.manager.streams.purge(`KV_${bucket}`);
      await expect.poll(() => messagesOf(bucket), patience).toBeGreaterThan(0);
    }
    await told.service.stop();
  });

  it("writes sessions again before the server drops them for their age, though one fits into no message", {
    timeout: 120_000,
  }, async () => {
    const ttlMs = 16_000;
    await lab.link.manager.streams.delete("KV_SESSION_DATA");
    await ensureTopology(lab.link, syncConfig.parse({ buckets: { sessionData: { ttlMs } } }), {
      apply: true,
    });
    const day = { expiresInMs: 86_400_000 };
    const { session } = await lab.database.sessions.create({ userId: "someone", sessionData: {}, ...day });
    const huge = await lab.database.sessions.create({ userId: "else", sessionData: {}, ...day });
    await lab.database.write.query(sql.type(nothing)`
      UPDATE sessions.active SET session_data = jsonb_build_object('cart', repeat('x', 1500000))
      WHERE session_id = ${huge.session.sessionId}`);
    const errors: unknown[] = [];
    const told = await openHydrator({ verify: false, onError: (error) => errors.push(error) });
    const seen = new Map<number, number>();
    await expect
      .poll(
        async () => {
          const subject = `$KV.SESSION_DATA.${session.sessionId}`;
          const last = await lastMessage(lab.link, { stream: "KV_SESSION_DATA", subject });
          if (last !== undefined) seen.set(last.sequence, last.storedAtMs);
          return seen.size;
        },
        { timeout: 90_000, interval: 20 },
      )
      .toBe(3);
    const times = [...seen.values()];
    // By the server's clock each was stored while the one before was there.
    expect(times.slice(1).filter((time, at) => time - (times[at] ?? 0) >= ttlMs)).toEqual([]);
    expect(errors).toEqual([]);
    await told.service.stop();
  });

  it("compares only when the flusher has come to what was in the bucket, or comes no further", async () => {
    await lab.put(agentId, "waiting", 1);
    await using flusher = await openFlusher();
    await allFlushed();
    await flusher.stop();
    await lab.put(agentId, "waiting", 2);
    const starts: boolean[] = [];
    const told = await openHydrator({ onVerifying: ({ isFlushed }) => starts.push(isFlushed) });
    await expect.poll(() => told.hydrated.length, patience).toBe(1);
    expect(starts).toEqual([]);
    await flusher.start();
    await expect.poll(() => told.verified.length, patience).toBe(1);
    expect(starts).toEqual([true]);
    expect(told.verified[0]).toMatchObject({ isClean: true });
    await told.service.stop();
    await flusher.stop();

    await lab.put(agentId, "waiting", 3);
    const impatient = await openHydrator({
      flusherPatienceMs: 50,
      onVerifying: ({ isFlushed }) => starts.push(isFlushed),
    });
    await expect.poll(() => impatient.verified.length, patience).toBe(1);
    expect(starts).toEqual([true, false]);
    expect(impatient.differences).toMatchObject([{ cause: "not-flushed", repair: "left-to-flusher" }]);
    await impatient.service.stop();
  });

  it("hydrates and compares again when the database is behind where it was", async () => {
    await using flusher = await openFlusher();
    await lab.put(agentId, "plan", 1);
    await allFlushed();
    const told = await openHydrator();
    await expect.poll(() => told.verified.length, patience).toBe(1);
    expect(told.wentBack).toBe(0);
    await flusher.stop();
    await lab.database.write.query(
      sql.type(nothing)`UPDATE sync.positions SET sequence = 0, anchor_time = NULL`,
    );
    await lab.database.state.delete({ agentId, stateKey: "plan" });
    await expect.poll(() => told.wentBack, patience).toBe(1);
    await flusher.start();
    await expect.poll(() => told.verified.length, patience).toBe(2);
    expect(told.verified[1]).toMatchObject({ isClean: true });
    expect((await lab.rows(agentId))["plan"]?.value).toBe(1);
    await told.service.stop();
  });

  it("compares nothing when it is told not to, and ends a comparison when it is stopped", async () => {
    await using flusher = await openFlusher();
    await lab.put(agentId, "plan", 1);
    await allFlushed();
    const starts: number[] = [];
    const without = await openHydrator({ verify: false, onVerifying: ({ due }) => starts.push(due) });
    await expect.poll(() => without.hydrated.length, patience).toBe(1);
    await without.service.stop();
    expect(starts).toEqual([]);
    const { promise: begun, resolve } = Promise.withResolvers<void>();
    const told = await openHydrator({ onVerifying: () => resolve() });
    await begun;
    await told.service.stop();
    await told.service.stop();
    expect(told.service.status().state).toBe("stopped");
    expect(flusher.status().state).toBe("running");
  });
});
