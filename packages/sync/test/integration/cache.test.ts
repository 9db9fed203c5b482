import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createQueryCache, createRelay, type Relay } from "../../src/index.ts";
import { addAgent, addBucket, untilPublished, untilTrue, useRelayLab } from "../support/relay-lab.ts";

const lab = useRelayLab(["state", "task"]);
const schema = z.object({ value: z.number() });
let relay: Relay | undefined;

afterEach(async () => {
  await relay?.stop();
  relay = undefined;
});

async function startRelay(): Promise<Relay> {
  const { db, link } = lab();
  relay = createRelay({ database: db, link, project: { states: false, sessions: false, configs: false } });
  await relay.start();
  return relay;
}

describe("the query cache", () => {
  it("loads once for many who ask at once, then gives to every process what was loaded", async () => {
    const cache = createQueryCache({ link: lab().link });
    const key = randomUUID();
    let loads = 0;
    const load = async () => {
      loads += 1;
      await new Promise(setImmediate);
      return { value: 7, at: new Date(0) };
    };
    const dated = z.object({ value: z.number(), at: z.coerce.date() });
    const ask = (from: typeof cache) => from.through(key, { tags: ["mine"], schema: dated }, load);
    const all = await Promise.all(Array.from({ length: 20 }, () => ask(cache)));
    expect(new Set(all.map((value) => JSON.stringify(value))).size).toBe(1);
    expect(loads).toBe(1);
    expect(await ask(createQueryCache({ link: lab().link }))).toEqual({ value: 7, at: new Date(0) });
    expect(loads).toBe(1);
  });

  it("gives no value of before an event that a write caused, once the event is relayed", async () => {
    const { db, link } = lab();
    const running = await startRelay();
    const cache = createQueryCache({ link });
    const agent = await addAgent(db);
    const read = () =>
      cache.through(
        `state of ${agent}`,
        { tags: [`state:${agent}:k`], schema: z.json() },
        async () => (await db.state.get({ agentId: agent, stateKey: "k" }))?.stateValue ?? null,
      );
    for (let value = 0; value < 10; value += 1) {
      await db.state.put({ agentId: agent, stateKey: "k", stateValue: value });
      await untilPublished(running);
      expect(await read()).toBe(value);
      expect(await read()).toBe(value);
    }
    expect(cache.stats()).toEqual({ hits: 10, misses: 10 });
  });

  it("keeps nothing, and gives nothing to those who come later, of a load that an invalidation overtook", async () => {
    const cache = createQueryCache({ link: lab().link });
    const other = createQueryCache({ link: lab().link });
    const key = randomUUID();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let truth = 1;
    const slow = cache.through(key, { tags: ["t"], schema }, async () => {
      const value = truth;
      await gate;
      return { value };
    });
    // Its stamp must be taken before the invalidation: the load tells by being asked.
    await cache.through(randomUUID(), { tags: ["t"], schema }, async () => ({ value: 0 }));
    truth = 2;
    await other.invalidate(["t"]);
    const later = cache.through(key, { tags: ["t"], schema }, async () => ({ value: truth }));
    expect(await later).toEqual({ value: 2 });
    open();
    expect(await slow).toEqual({ value: 1 });
    const load = async () => ({ value: 3 });
    expect(await other.through(key, { tags: ["t"], schema }, load)).toEqual({ value: 2 });
  });

  it("keeps apart what has other tags, forgets what is old or no longer meets its schema", async () => {
    const cache = createQueryCache({ link: lab().link });
    const key = randomUUID();
    let loads = 0;
    const load = async () => {
      loads += 1;
      return { value: loads };
    };
    const tags = [randomUUID()];
    await cache.through(key, { tags, schema }, load);
    await cache.invalidate([randomUUID()]);
    const kept = await cache.through(key, { tags, schema }, load);
    expect(kept).toEqual({ value: 1 });
    const stricter = z.object({ value: z.number().min(2) });
    expect(await cache.through(key, { tags, schema: stricter }, load)).toEqual({ value: 2 });
    const brief = randomUUID();
    await cache.through(brief, { tags, schema, ttlMs: 1 }, load);
    const since = Date.now();
    await untilTrue("its time is over", () => Date.now() > since + 2);
    expect(await cache.through(brief, { tags, schema }, load)).toEqual({ value: 4 });
  });

  it("is stale until the event of a change is relayed, and not for a call that begins after that", async () => {
    const { db, link } = lab();
    const cache = createQueryCache({ link });
    const agent = await addAgent(db);
    const read = () =>
      cache.through(
        `stale state of ${agent}`,
        { tags: [`state:${agent}:k`], schema: z.json() },
        async () => (await db.state.get({ agentId: agent, stateKey: "k" }))?.stateValue ?? null,
      );
    await db.state.put({ agentId: agent, stateKey: "k", stateValue: "old" });
    await untilPublished(await startRelay());
    expect(await read()).toBe("old");
    await relay?.stop();
    await db.state.put({ agentId: agent, stateKey: "k", stateValue: "new" });
    expect(await read()).toBe("old");
    await untilPublished(await startRelay());
    expect(await read()).toBe("new");
  });

  it("gives nothing that is older than the call allows, counted from when its load began", async () => {
    const cache = createQueryCache({ link: lab().link });
    const key = randomUUID();
    const tags = [randomUUID()];
    const begun = Promise.withResolvers<void>();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const slow = cache.through(key, { tags, schema, ttlMs: 20 }, async () => {
      begun.resolve();
      await gate;
      return { value: 1 };
    });
    await begun.promise;
    const since = Date.now();
    await untilTrue("it is too old, though its load has not ended", () => Date.now() > since + 20);
    expect(await cache.through(key, { tags, schema, ttlMs: 20 }, async () => ({ value: 2 }))).toEqual({
      value: 2,
    });
    open();
    expect(await slow).toEqual({ value: 1 });
    const other = createQueryCache({ link: lab().link });
    const last = await other.through(key, { tags, schema }, async () => ({ value: 3 }));
    expect(last).not.toEqual({ value: 1 });
    // One who allows less does not get what another one allowed for longer.
    const long = randomUUID();
    await cache.through(long, { tags, schema }, async () => ({ value: 4 }));
    const kept = Date.now();
    await untilTrue("it is older than 5 ms", () => Date.now() > kept + 5);
    expect(await other.through(long, { tags, schema, ttlMs: 5 }, async () => ({ value: 5 }))).toEqual({
      value: 5,
    });
  });

  it("throws away everything when the bucket was lost, also what was being loaded meanwhile", async () => {
    const { link } = lab();
    const cache = createQueryCache({ link });
    const key = randomUUID();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = cache.through(key, { tags: ["t"], schema }, async () => {
      begun.resolve();
      await gate;
      return { value: 1 };
    });
    await begun.promise;
    await cache.invalidate(["t"]);
    await link.manager.streams.delete("KV_QUERY_CACHE");
    expect(await cache.through(key, { tags: ["t"], schema }, async () => ({ value: 2 }))).toEqual({
      value: 2,
    });
    await cache.invalidate(["t"]);
    await addBucket(link, "QUERY_CACHE");
    open();
    expect(await slow).toEqual({ value: 1 });
    expect(await cache.through(key, { tags: ["t"], schema }, async () => ({ value: 3 }))).toEqual({
      value: 3,
    });
  });

  it("lets a failed load fail for its callers alone, and keeps nothing of it", async () => {
    const cache = createQueryCache({ link: lab().link });
    const key = randomUUID();
    const fail = () => Promise.reject(new Error("no database"));
    await expect(cache.through(key, { tags: [], schema }, fail)).rejects.toThrow("no database");
    expect(await cache.through(key, { tags: [], schema }, async () => ({ value: 1 }))).toEqual({ value: 1 });
  });

  it("costs the relay nothing but a look while nobody uses it", async () => {
    const { db, link } = lab();
    await link.manager.streams.purge("KV_QUERY_CACHE");
    const running = await startRelay();
    const agent = await addAgent(db);
    await db.state.put({ agentId: agent, stateKey: "k", stateValue: 1 });
    await untilPublished(running);
    const { state } = await link.manager.streams.info("KV_QUERY_CACHE");
    expect(state.messages).toBe(0);
  });
});
