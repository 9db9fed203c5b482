import { randomUUID } from "node:crypto";
import { startNats } from "@mister-smith/embedded";
import type { StreamConfig } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import { connectNats, createStateStore, stateStream } from "../../src/index.ts";
import { openSyncLab } from "../support/sync-lab.ts";

describe("when the server is killed", () => {
  it("writes under way are stored once, reads come back, and a watcher misses nothing", async () => {
    await using nats = await startNats();
    await using own = await openSyncLab({ nats });
    await using link = await connectNats({ servers: nats.url });
    await using survivor = await createStateStore({ link, timeoutMs: 30_000 });
    const agent = await own.agent();
    const seen: number[] = [];
    const stop = new AbortController();
    const watch = survivor.watch({ agentId: agent, signal: stop.signal });
    await watch.ready;
    const watching = (async () => {
      for await (const { revision } of watch) seen.push(revision);
    })();
    const writes: Promise<{ readonly revision: number }>[] = [];
    for (let at = 0; at < 200; at += 1) writes.push(survivor.put(agent, `k${at}`, at));
    await writes[0];
    await nats.kill();
    for (let at = 200; at < 400; at += 1) writes.push(survivor.put(agent, `k${at}`, at));
    await nats.start();
    const revisions = (await Promise.all(writes)).map(({ revision }) => revision);
    expect(new Set(revisions).size).toBe(400);
    const { state } = await link.manager.streams.info(stateStream);
    expect(state.messages).toBe(400);
    expect((await survivor.get(agent, "k399"))?.value).toBe(399);
    await expect.poll(() => seen.length, { timeout: 20_000 }).toBe(400);
    stop.abort();
    await watching;
    expect(seen).toEqual([...revisions].sort((a, b) => a - b));
  });

  it("a watcher that begins meanwhile stands when the server is back, and not before", async () => {
    await using nats = await startNats();
    await using own = await openSyncLab({ nats });
    await using link = await connectNats({ servers: nats.url, timeoutMs: 300 });
    await using survivor = await createStateStore({ link, timeoutMs: 30_000 });
    const agent = await own.agent();
    await nats.kill();
    const stop = new AbortController();
    const watch = survivor.watch({ agentId: agent, signal: stop.signal });
    let stands = false;
    void watch.ready.then(() => {
      stands = true;
    });
    await expect(link.manager.streams.info(stateStream)).rejects.toThrow();
    await expect(link.manager.streams.info(stateStream)).rejects.toThrow();
    expect(stands).toBe(false);
    await nats.start();
    await watch.ready;
    await survivor.put(agent, "after", 1);
    for await (const { stateKey } of watch) {
      expect(stateKey).toBe("after");
      stop.abort();
    }
  });

  it("and stays away, a write that was sent is of unknown outcome, and its signal ends it", async () => {
    await using nats = await startNats();
    await using own = await openSyncLab({ nats });
    await using link = await connectNats({ servers: nats.url, timeoutMs: 500 });
    await using survivor = await createStateStore({ link });
    const agent = await own.agent();
    await nats.kill();
    await expect(survivor.put(agent, "k", 1, { timeoutMs: 200 })).rejects.toMatchObject({
      code: "TIMEOUT",
      retryable: true,
      details: { outcome: "unknown", writeId: expect.any(String) },
    });
    const stop = new AbortController();
    const ended = survivor.put(agent, "k", 1, { signal: stop.signal });
    stop.abort();
    await expect(ended).rejects.toMatchObject({ code: "ABORTED" });
    await expect(survivor.get(agent, "k", { timeoutMs: 200 })).rejects.toMatchObject({
      code: "NATS_UNREACHABLE",
    });
    await survivor.close();
    await expect(survivor.put(agent, "k", 1)).rejects.toMatchObject({ code: "CLOSED" });
    await nats.start();
  });

  it("a missing bucket is named at once, when it is opened and when it is written to", async () => {
    await using nats = await startNats();
    await using own = await openSyncLab({ nats });
    await using open = await createStateStore({ link: own.link });
    await own.link.manager.streams.delete(stateStream);
    await expect(createStateStore({ link: own.link })).rejects.toMatchObject({ code: "TOPOLOGY" });
    await expect(open.put(randomUUID(), "k", 1)).rejects.toMatchObject({ code: "TOPOLOGY" });
  });
});

describe("a bucket that would lose acknowledged writes", () => {
  it.each<[string, Partial<StreamConfig>, string]>([
    ["with an age limit", { max_age: 3_600e9, duplicate_window: 60e9 }, "older than 3600000 ms (max_age)"],
    ["without acknowledgements", { no_ack: true }, "(no_ack)"],
    ["with interest retention", { retention: "interest" }, "(retention interest)"],
    ["that drops the oldest messages", { discard: "old", max_msgs: 1_000 }, "1000 messages (max_msgs)"],
    ["that drops the oldest bytes", { discard: "old", max_bytes: 1_048_576 }, "1048576 bytes (max_bytes)"],
  ])("%s is refused with the remedy when it is opened", async (_what, losing, message) => {
    await using nats = await startNats();
    await using link = await connectNats({ servers: nats.url });
    const subjects = ["$KV.AGENT_STATE.>"];
    await link.manager.streams.add({ name: stateStream, subjects, discard: "new", ...losing });
    await expect(createStateStore({ link })).rejects.toMatchObject({
      code: "TOPOLOGY",
      message: expect.stringContaining(message),
      hint: expect.stringContaining("smith sync topology --apply"),
    });
  });
});
