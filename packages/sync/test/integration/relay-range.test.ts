import { randomUUID } from "node:crypto";
import { createDatabase, sql } from "@mister-smith/client";
import { startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { describe, expect, it } from "vitest";
import { relayRange } from "../../src/index.ts";
import {
  addStreams,
  messagesOf,
  relayOf,
  tell,
  untilPublished,
  untilTrue,
  useRelayLab,
} from "../support/relay-lab.ts";

const lab = useRelayLab([]);

const created = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    const id = randomUUID();
    return { aggregate: `task:${index % 7}`, subject: `tasks.created.test.${id}` };
  });

describe("publishing a range of events on demand", () => {
  it("fills a stream that was lost, in the order of each aggregate, and repeats nothing when made again", async () => {
    const { db, link } = lab();
    const relay = relayOf(lab());
    await relay.start();
    const from = new Date(Date.now() - 60_000);
    const ids = await tell(db.write, [
      ...created(1_200),
      { aggregate: "session:1", subject: null, kind: "session" },
    ]);
    await untilPublished(relay);
    const before = await messagesOf(link, "TASK_EXECUTION", ">");
    await link.manager.streams.delete("TASK_EXECUTION");
    await addStreams(link, "TASK_EXECUTION");
    const range = { database: db, link, events: { from, to: new Date(Date.now() + 60_000) } };
    const progress: number[] = [];
    const done = await relayRange({ ...range, onProgress: ({ published }) => progress.push(published) });
    expect(done).toEqual({ published: 1_200, duplicates: 0, skipped: 1 });
    expect(progress).toEqual([500, 1_000, 1_200]);
    const after = await messagesOf(link, "TASK_EXECUTION", ">");
    expect(after.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    const places = new Map(after.map(({ eventId }, index) => [eventId, index]));
    for (const [index, id] of ids.slice(0, 1_193).entries()) {
      expect(places.get(id)).toBeLessThan(places.get(ids[index + 7] ?? 0) ?? Number.NaN);
    }
    expect(await relayRange(range)).toEqual({ published: 0, duplicates: 1_200, skipped: 1 });
    await relay.stop();
  });

  it("takes events one by one or by their numbers, anew when asked to, and leaves out what is known to be there", async () => {
    const { db, link } = lab();
    const events = created(4);
    const [first = 0, second = 0, third = 0, last = 0] = await tell(db.write, events);
    const range = { database: db, link };
    const byNumber = { ...range, events: { fromEvent: first, toEvent: third } };
    expect(await relayRange(byNumber)).toEqual({ published: 3, duplicates: 0, skipped: 0 });
    const [message] = await messagesOf(link, "TASK_EXECUTION", events[1]?.subject ?? "");
    const except = new Set([message?.id ?? ""]);
    expect(await relayRange({ ...byNumber, except })).toEqual({ published: 0, duplicates: 2, skipped: 1 });
    const oneByOne = { ...range, events: { eventIds: [second, last] }, newIds: true };
    expect(await relayRange(oneByOne)).toEqual({ published: 2, duplicates: 0, skipped: 0 });
    const twice = await messagesOf(link, "TASK_EXECUTION", events[1]?.subject ?? "");
    expect(twice.map(({ id, body }) => [id.startsWith(body.id), body.id])).toEqual([
      [true, message?.id],
      [true, message?.id],
    ]);
  });

  it("ends when it is told to", async () => {
    const { db, link } = lab();
    const events = { fromEvent: 1, toEvent: 1_000_000 };
    const aborted = relayRange({
      database: db,
      link,
      events,
      signal: AbortSignal.abort(new Error("enough")),
    });
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
  });
});

describe("a relay whose PostgreSQL is killed", () => {
  it("goes on when it is back, has lost nothing that was committed, and says meanwhile that it is stuck", async () => {
    await using server = await startPostgres();
    await migrateUp({ connection: server.url, folder: migrationsFolder() });
    const db = await createDatabase({
      primary: { url: server.url },
      retry: { retries: 1, initialDelayMs: 10 },
      circuitBreaker: { recoveryTimeoutMs: 100 },
      monitor: { intervalMs: 100 },
    });
    const relay = relayOf({ ...lab(), db }, { stuckAfterMs: 300 });
    await relay.start();
    const events = created(1_500);
    await tell(db.write, events);
    await untilTrue("some are published", () => relay.stats().published > 100);
    await server.kill();
    await untilTrue("it says that it is stuck", () => relay.status().state === "stuck");
    expect(relay.status().why).toBeTruthy();
    await server.start();
    await db.ready({ timeoutMs: 20_000 });
    await untilPublished(relay);
    await untilTrue("it runs", () => relay.status().state === "running");
    const seen = await messagesOf(lab().link, "TASK_EXECUTION", "tasks.created.test.>");
    for (const { subject } of events) expect(seen.filter((one) => one.subject === subject)).toHaveLength(1);
    expect(await db.write.exists(sql.unsafe`SELECT FROM sync.dead_letters`)).toBe(false);
    await relay.stop();
    await db.close();
  });
});
