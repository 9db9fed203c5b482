import { sql } from "@mister-smith/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createFlusher,
  createHydrator,
  ensureTopology,
  type Flusher,
  hydrate,
  readPosition,
  relayRange,
  retryDeadLetters,
  syncConfig,
  verifyStores,
} from "../../src/index.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let told: number;
let warned: string[];

const hear = (warning: Error) => void warned.push(warning.message);

beforeAll(async () => {
  lab = await openSyncLab();
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  told = 0;
  warned = [];
  process.on("warning", hear);
});
afterEach(() => {
  process.off("warning", hear);
});

const deaf = () => {
  told += 1;
  throw new Error("deaf");
};
const deafLater = async () => deaf();

describe("a listener that throws changes nothing of the outcome", () => {
  it.each([
    ["throws", deaf],
    ["rejects", deafLater],
  ])("of hydration, when it %s", async (_how, listener) => {
    await row(`hydrated ${_how}`);
    const done = await hydrate(lab, { agents: "all", onProgress: listener });
    expect(done.created).toBe(1);
    await expectWarning();
  });

  it("of a comparison of both stores", async () => {
    await row("compared");
    const heard = { onDifference: deaf, onProgress: deafLater };
    await lab.putRaw("$KV.AGENT_STATE.nobody.k", "1");
    const report = await verifyStores(lab, { settleMs: 50, patienceMs: 300, ...heard });
    expect(report.differences).toBe(report.listed.length);
    expect(report.listed).toMatchObject([{ subject: "$KV.AGENT_STATE.nobody.k", cause: "not-flushed" }]);
    expect(told).toBeGreaterThan(1);
    await expectWarning();
  });

  it("of the publishing of a range of events", async () => {
    await lab.database.write.query(sql.type(z.object({}))`SELECT sync.enable_events('state')`);
    await row("told");
    const events = { fromEvent: 1, toEvent: Number.MAX_SAFE_INTEGER };
    expect(await relayRange({ ...lab, events, onProgress: deaf })).toMatchObject({ published: 1 });
    await expectWarning();
  });

  it("of bringing the topology about", async () => {
    await lab.link.manager.streams.delete("KV_QUERY_CACHE");
    const report = await ensureTopology(lab.link, syncConfig.parse({}), { apply: true, onStep: deaf });
    expect(report.state).toBe("ready");
    expect(told).toBe(1);
    await expectWarning();
  });
});

describe("a listener of a hydrator that throws", () => {
  const patience = { timeout: 20_000, interval: 20 };
  const options = { intervalMs: 20, flusherPatienceMs: 20 };
  let heard: string[];
  const deafAs = (name: string) => () => {
    heard.push(name);
    return deaf();
  };
  const countOf = (name: string) => heard.filter((each) => each === name).length;
  const listeners = () => ({
    onHydrated: deafAs("onHydrated"),
    onWentBack: deafAs("onWentBack"),
    onVerifying: deafAs("onVerifying"),
    onVerified: deafAs("onVerified"),
    onError: deafAs("onError"),
  });
  beforeEach(() => {
    heard = [];
  });

  /** A flusher that has flushed a write, and was stopped. */
  async function flushedOnce(): Promise<Flusher> {
    const flusher = createFlusher({ ...lab, maxDelayMs: 1 });
    await flusher.start();
    const revision = await lab.put(await lab.agent(), "k", 1);
    await expect.poll(async () => (await readPosition(lab.database))?.sequence, patience).toBe(revision);
    await flusher.stop();
    return flusher;
  }

  it("keeps it neither from hydrating nor from comparing", async () => {
    await using flusher = await flushedOnce();
    await using hydrator = createHydrator({ ...lab, ...options, ...listeners() });
    await hydrator.start();
    await expect.poll(() => countOf("onVerified"), patience).toBe(1);
    await lab.database.write.query(sql.type(z.object({}))`UPDATE sync.positions SET sequence = sequence - 1`);
    await expect.poll(() => countOf("onWentBack"), patience).toBe(1);
    await flusher.start();
    await expect.poll(() => countOf("onVerified"), patience).toBeGreaterThan(1);
    expect(countOf("onHydrated")).toBeGreaterThan(1);
    expect(countOf("onVerifying")).toBeGreaterThan(1);
    expect(countOf("onError")).toBe(0);
    expect(hydrator.status()).toEqual({ state: "running", why: undefined });
    await expectWarning();
  });

  it("ends no process when a comparison fails", async () => {
    await flushedOnce();
    await lab.putRaw("$KV.AGENT_STATE.nobody.k", "1");
    await lab.database.write.query(
      sql.type(z.object({}))`ALTER TABLE sync.dead_letters RENAME TO dead_letters_elsewhere`,
    );
    try {
      await using hydrator = createHydrator({ ...lab, ...options, onError: deafAs("onError") });
      await hydrator.start();
      await expect.poll(() => countOf("onError"), patience).toBe(1);
      await hydrator.stop();
      await expectWarning();
    } finally {
      await lab.database.write.query(
        sql.type(z.object({}))`ALTER TABLE sync.dead_letters_elsewhere RENAME TO dead_letters`,
      );
    }
  });
});

describe("a listener that throws", () => {
  it("keeps no dead letter from being retried", async () => {
    const ids = await lab.database.write.anyFirst(sql.type(z.object({ id: z.int() }))`
      INSERT INTO sync.dead_letters (pipe, reason_code, reason)
      SELECT 'unknown', 'test', 'for the test' FROM generate_series(1, 2)
      RETURNING dead_letter_id::INTEGER AS id`);
    const outcomes = await retryDeadLetters(lab, ids, { onOutcome: deaf });
    expect(outcomes).toMatchObject([{ outcome: "refused" }, { outcome: "refused" }]);
    expect(told).toBe(2);
    await expectWarning();
  });
});

async function expectWarning(): Promise<void> {
  expect(told).toBeGreaterThan(0);
  await expect.poll(() => warned).toContain("a listener threw: deaf");
}

async function row(stateKey: string): Promise<void> {
  await lab.database.state.put({ agentId: await lab.agent(), stateKey, stateValue: 1 });
}
