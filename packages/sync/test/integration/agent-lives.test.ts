import { sql } from "@mister-smith/client";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type AgentLife,
  AgentLives,
  createFlusher,
  evictOnce,
  hydrate,
  readPosition,
  stateStream,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let lives: AgentLives;
let agentId: string;

beforeAll(async () => {
  lab = await openSyncLab();
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await recreateBucket(lab.link);
  await lab.database.write.query(
    sql.type(z.object({}))`TRUNCATE agents.state, sync.positions, sync.incarnations`,
  );
  lives = new AgentLives();
  agentId = await lab.agent();
});

const patience = { timeout: 20_000 };
const flusherOf = async (followed: AgentLives) => {
  const flusher = createFlusher({
    database: lab.database,
    link: lab.link,
    maxDelayMs: 1,
    lives: followed,
  });
  await flusher.start();
  return flusher;
};
const allFlushed = async () => {
  const { state } = await lab.link.manager.streams.info(stateStream);
  await expect.poll(async () => (await readPosition(lab.database))?.sequence, patience).toBe(state.last_seq);
};

describe("the life of an agent, as the parts of a process tell it", () => {
  it("is hydrating while its rows are brought into the bucket, and active then", async () => {
    await lab.database.state.put({ agentId, stateKey: "plan", stateValue: 1 });
    const seen: AgentLife[] = [];
    await hydrate(lab, { lives, onProgress: () => seen.push(lives.of(agentId)) });
    expect(seen).toEqual(["hydrating"]);
    expect(lives.of(agentId)).toBe("active");
    // All keys are there already: it is active all the same.
    const later = new AgentLives();
    expect(await hydrate(lab, { lives: later })).toMatchObject({ created: 0, present: 1 });
    expect(later.of(agentId)).toBe("active");
  });

  it("does not stay hydrating when the hydration fails", async () => {
    await lab.database.state.put({ agentId, stateKey: "plan", stateValue: 1 });
    const stop = new AbortController();
    const failed = hydrate(lab, {
      lives,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await failed.catch(() => {});
    expect(lives.counts().hydrating).toBe(0);
  });

  it("is cold when its last key was evicted, and not before", async () => {
    await using flusher = await flusherOf(lives);
    expect(flusher.status().state).toBe("running");
    const other = await lab.agent();
    await lab.put(agentId, "old", 1);
    await lab.put(other, "only", 1);
    await allFlushed();
    await expect.poll(() => lives.counts(), patience).toMatchObject({ active: 2, flushing: 0 });
    await flusher.stop();
    await lab.put(agentId, "not flushed", 1);
    const happened: string[] = [];
    const watched = new (class extends AgentLives {
      override happened(...[event, agents]: Parameters<AgentLives["happened"]>) {
        for (const each of agents) happened.push(`${each === agentId ? "first" : "other"} ${event}`);
        lives.happened(event, agents);
      }
    })();
    expect(await evictOnce(lab, { ttlMs: -1_000, lives: watched })).toMatchObject({ keys: 2 });
    expect(happened).toEqual(["first seen in the bucket", "other went idle", "other left the bucket"]);
    expect(lives.of(agentId)).toBe("active");
    expect(lives.of(other)).toBe("cold");
    await flusher.start();
    await allFlushed();
    await evictOnce(lab, { ttlMs: -1_000, lives });
    expect(lives.of(agentId)).toBe("cold");
  });

  it("is not flushing for what was brought from PostgreSQL", async () => {
    await lab.database.state.put({ agentId, stateKey: "plan", stateValue: 1 });
    await hydrate(lab);
    const happened = new Set<string>();
    const watched = new (class extends AgentLives {
      override happened(...[event, agents]: Parameters<AgentLives["happened"]>) {
        if ([...agents].length > 0) happened.add(event);
        super.happened(event, agents);
      }
    })();
    await using flusher = await flusherOf(watched);
    await allFlushed();
    await expect.poll(() => watched.of(agentId), patience).toBe("active");
    expect(flusher.position?.sequence).toBe(1);
    expect([...happened]).toEqual(["seen in the bucket"]);
  });

  it("is cold again when the bucket was made anew", async () => {
    await using flusher = await flusherOf(lives);
    await lab.put(agentId, "plan", 1);
    await allFlushed();
    await expect.poll(() => lives.of(agentId), patience).toBe("active");
    await recreateBucket(lab.link);
    await expect.poll(() => flusher.position?.incarnation, patience).toBe(2);
    expect(lives.of(agentId)).toBe("cold");
  });
});
