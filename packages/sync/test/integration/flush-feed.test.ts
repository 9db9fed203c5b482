import { describe, expect, it } from "vitest";
import type { FeedMessage } from "../../src/feed/feed-message.ts";
import { openFeed } from "../../src/feed/open-feed.ts";
import { stateStream, stateSubject } from "../../src/keys/state-subject.ts";
import { openSyncLab } from "../support/sync-lab.ts";

const agentId = crypto.randomUUID();
const asItIs = (message: FeedMessage) => message;
const patience = { timeout: 20_000, interval: 5 };

describe("the feed of the bucket", () => {
  it("asks for no more while there is no room, then goes on in order, and ends with its stream", async () => {
    await using lab = await openSyncLab();
    const subjects = Array.from({ length: 2_500 }, (_, n) => stateSubject({ agentId, stateKey: `key-${n}` }));
    for (let from = 0; from < subjects.length; from += 500)
      await Promise.all(subjects.slice(from, from + 500).map((subject) => lab.putRaw(subject, "1")));
    const { created } = await lab.link.manager.streams.info(stateStream);
    const source = { stream: stateStream, createdMs: Date.parse(created), maxMessages: 10, maxBytes: 1_000 };
    await using feed = await openFeed(lab.link, { ...source, after: 0 }, asItIs);
    const { buffer } = feed;
    await expect.poll(() => buffer.length, patience).toBe(2_000);
    expect(feed.pending).toBe(500);
    const first = buffer.take(1_900, 1_000_000);
    // The server has answered everything that was asked before this.
    await lab.link.manager.streams.info(stateStream);
    expect(buffer.length).toBe(100);
    const second = buffer.take(1_000, 1_000_000);
    await expect.poll(() => buffer.length, patience).toBe(500);
    const third = buffer.take(1_000, 1_000_000);
    expect([...first, ...second, ...third].map(({ sequence }) => sequence)).toEqual(
      subjects.map((_, n) => n + 1),
    );

    await expect(openFeed(lab.link, { ...source, createdMs: 1, after: 0 }, asItIs)).rejects.toMatchObject({
      code: "JETSTREAM",
    });
    await lab.link.manager.streams.delete(stateStream);
    await expect.poll(() => feed.ended?.retryable, patience).toBe(true);
  });

  it.each([
    ["and is written to afterwards", true],
    ["and is not written to any more", false],
  ])("gives out every message, or ends, when others purge a subject of it %s", async (_, goesOn) => {
    await using lab = await openSyncLab();
    const put = (n: number) => lab.putRaw(stateSubject({ agentId, stateKey: `key-${n}` }), "1");
    for (let n = 0; n < 2_000; n += 500)
      await Promise.all(Array.from({ length: 500 }, (_, more) => put(n + more)));
    const { created } = await lab.link.manager.streams.info(stateStream);
    const source = { stream: stateStream, createdMs: Date.parse(created), maxMessages: 10, maxBytes: 1_000 };
    const read: number[] = [];
    let feed = await openFeed(lab.link, { ...source, after: 0 }, asItIs);
    await expect.poll(() => feed.buffer.length, patience).toBe(2_000);
    // It has no room, and asks for nothing: these wait at the server.
    for (let n = 2_000; n < 2_020; n += 1) await put(n);
    await lab.link.manager.streams.purge(stateStream, {
      filter: stateSubject({ agentId, stateKey: "key-2019" }),
    });
    if (goesOn) await put(2_020);
    const last = goesOn ? 2_021 : 2_019;
    await expect
      .poll(async () => {
        const taken = feed.buffer.take(1_000, 1_000_000);
        const isWhole = await feed.complete().then(
          () => true,
          () => false,
        );
        if (isWhole) read.push(...taken.map(({ sequence }) => sequence));
        if (feed.ended === undefined) return read.at(-1);
        await feed.close();
        feed = await openFeed(lab.link, { ...source, after: read.at(-1) ?? 0 }, asItIs);
        return undefined;
      }, patience)
      .toBe(last);
    await feed.close();
    const there = Array.from({ length: 2_021 }, (_, n) => n + 1).filter((n) => n !== 2_020 && n <= last);
    expect(read).toEqual(there);
  });
});
