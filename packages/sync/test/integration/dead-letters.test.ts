import { sql } from "@mister-smith/client";
import { headers } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  consume,
  createFlusher,
  dropDeadLetters,
  type Flusher,
  getDeadLetter,
  type ListDeadLetters,
  listDeadLetters,
  purgeRetriedDeadLetters,
  readPosition,
  retryDeadLetters,
  stateStream,
  stateSubject,
  verifyStores,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let flusher: Flusher;

beforeAll(async () => {
  lab = await openSyncLab();
  flusher = createFlusher({ database: lab.database, link: lab.link });
  await flusher.start();
});
afterAll(async () => {
  await flusher?.stop();
  await lab?.[Symbol.asyncDispose]();
});

describe("dead letters", () => {
  it("are listed by their numbers, page by page, by pipe, reason and agent, without their bytes", async () => {
    const [agentId, other] = [await lab.agent(), await lab.agent()];
    await lab.putRaw(stateSubject({ agentId, stateKey: "a" }), "{first");
    await lab.put(other, "b", 1, { "Smith-Expires-At": "tomorrow" });
    await lab.putRaw(stateSubject({ agentId, stateKey: "c" }), "{third");
    await flushed();
    const of = async (input: ListDeadLetters) => {
      const { items, nextCursor } = await listDeadLetters(lab.database, input);
      return { subjects: items.map(({ subject }) => subject?.split(".").at(-1)), nextCursor, items };
    };
    const first = await of({ limit: 2 });
    expect(first.subjects).toEqual(["c", "b"]);
    expect(first.nextCursor).toBe(first.items[1]?.deadLetterId);
    expect((await of({ limit: 2, cursor: first.nextCursor })).subjects[0]).toBe("a");
    expect((await of({ agentId: agentId.toUpperCase(), order: "oldest" })).subjects).toEqual(["a", "c"]);
    expect((await of({ reasonCode: "bad-header" })).subjects).toEqual(["b"]);
    expect((await of({ pipe: "flush", agentId: other })).subjects).toEqual(["b"]);
    expect((await of({ pipe: "relay" })).subjects).toEqual([]);
    expect(first.items[0]).toMatchObject({
      pipe: "flush",
      reasonCode: "bad-value",
      payloadBytes: 6,
      stream: stateStream,
      createdAt: expect.any(Date),
      retriedAt: null,
    });
    expect(Object.keys(first.items[0] ?? {})).not.toContain("payload");
    const whole = await getDeadLetter(lab.database, first.items[1]?.deadLetterId ?? 0);
    expect(Buffer.from(whole?.payload ?? []).toString()).toBe("1");
    expect(whole?.headers).toEqual({ "Smith-Expires-At": "tomorrow" });
    expect(await getDeadLetter(lab.database, 999_999)).toBeNull();
  });

  it("of the flusher are written again, whole, when the reason is gone", async () => {
    const agentId = crypto.randomUUID();
    const expires = { "Smith-Expires-At": "2999-01-01T00:00:00Z", "Nats-Msg-Id": agentId };
    await lab.put(agentId, "plan", { steps: 3 }, expires);
    const [letter = 0] = await lettersOf(agentId);
    await register(agentId);
    expect(await retry([letter, 999_999])).toEqual([
      { deadLetterId: letter, outcome: "retried", why: null },
      { deadLetterId: 999_999, outcome: "missing", why: null },
    ]);
    await flushed();
    expect(await lab.rows(agentId)).toEqual({
      plan: { value: { steps: 3 }, version: 1, expiresAt: expect.stringContaining("2999-01-01") },
    });
    // Marked: it is not listed as open, and not retried again.
    expect(await lettersOf(agentId)).toEqual([]);
    expect(await retry([letter])).toMatchObject([{ outcome: "retried before" }]);
    const { items } = await listDeadLetters(lab.database, { agentId, includeRetried: true });
    expect(items).toMatchObject([{ deadLetterId: letter, retriedAt: expect.any(Date) }]);
  });

  it("of the flusher cover no newer value and bring back no deleted key", async () => {
    const agentId = crypto.randomUUID();
    const keys = ["written", "deleted", "by SQL", "evicted", "evicted and written"];
    for (const key of keys) await lab.put(agentId, key, "old");
    const letters = await lettersOf(agentId, keys.length);
    await register(agentId);
    await lab.put(agentId, "written", "new");
    await lab.delete(agentId, "deleted");
    await lab.put(agentId, "evicted and written", "new");
    await flushed();
    await lab.database.state.put({ agentId, stateKey: "by SQL", stateValue: "new" });
    for (const stateKey of ["evicted", "evicted and written"])
      await lab.link.manager.streams.purge(stateStream, { filter: stateSubject({ agentId, stateKey }) });
    expect((await retry(letters)).map(({ outcome }) => outcome)).toEqual([
      ...["newer", "newer", "newer", "retried", "newer"],
    ]);
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({
      "by SQL": { value: "new" },
      evicted: { value: "old" },
      "evicted and written": { value: "new" },
      written: { value: "new" },
    });
    expect(Object.keys(await lab.rows(agentId))).not.toContain("deleted");
    // What is refused stays open.
    expect(await lettersOf(agentId, 4)).toHaveLength(4);
  });

  it("of the flusher are written once by many who retry at once", async () => {
    const agentId = crypto.randomUUID();
    await lab.put(agentId, "plan", 1);
    const [letter = 0] = await lettersOf(agentId);
    await register(agentId);
    const before = (await lab.link.manager.streams.info(stateStream)).state.last_seq;
    const all = await Promise.all(Array.from({ length: 8 }, () => retry([letter])));
    expect(new Set(all.flat().map(({ outcome }) => outcome)).has("retried")).toBe(true);
    expect((await lab.link.manager.streams.info(stateStream)).state.last_seq).toBe(before + 1);
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ plan: { value: 1, version: 1 } });
  });

  it("of the flusher cover no write that comes between the look and the retry", async () => {
    const agentId = crypto.randomUUID();
    await lab.put(agentId, "plan", "old");
    const letters = await lettersOf(agentId, 1);
    await register(agentId);
    const { streams } = lab.link.manager;
    const getMessage: typeof streams.getMessage = async (...asked) => {
      const found = await streams.getMessage(...asked);
      await lab.put(agentId, "plan", "new");
      return found;
    };
    const slow = Object.create(lab.link.manager, {
      streams: { value: Object.create(streams, { getMessage: { value: getMessage } }) },
    });
    const { database, link } = lab;
    expect(await retryDeadLetters({ database, link: { ...link, manager: slow } }, letters)).toMatchObject([
      { outcome: "newer" },
    ]);
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ plan: { value: "new" } });
  });

  it("that fail again are dead letters again", async () => {
    const agentId = await lab.agent();
    await lab.putRaw(stateSubject({ agentId, stateKey: "bad" }), "{bad");
    const before = await lettersOf(agentId);
    expect(await retry(before)).toMatchObject([{ outcome: "retried" }]);
    const after = await lettersOf(agentId);
    expect(after).not.toEqual(before);
    expect(await getDeadLetter(lab.database, after[0] ?? 0)).toMatchObject({ reasonCode: "bad-value" });
  });

  it("of another life of the bucket are written over nothing that was written since", async () => {
    const agentId = crypto.randomUUID();
    for (const key of ["written", "gone"]) await lab.put(agentId, key, "old");
    const letters = await lettersOf(agentId, 2);
    await register(agentId);
    await recreateBucket(lab.link);
    await lab.put(agentId, "written", "new");
    await expect.poll(() => lab.rows(agentId), { timeout: 20_000 }).toMatchObject({ written: {} });
    expect((await retry(letters)).map(({ outcome }) => outcome)).toEqual(["newer", "retried"]);
    await expect
      .poll(() => lab.rows(agentId), { timeout: 20_000 })
      .toMatchObject({ written: { value: "new" }, gone: { value: "old" } });
  });

  it("that were dropped are no dead letters for a comparison, and what is left of them in the bucket is mended", async () => {
    const agentId = await lab.agent();
    const nobody = `$KV.AGENT_STATE.nobody-${agentId}`;
    await lab.put(agentId, "kept", "old");
    await flushed();
    for (const key of ["kept", "never"]) await lab.putRaw(stateSubject({ agentId, stateKey: key }), "{bad");
    await lab.putRaw(nobody, "1");
    const letters = await lettersOf(agentId, 3);
    const found = async (repair: boolean) => {
      const { listed } = await verifyStores(lab, { settleMs: 20, patienceMs: 100, repair });
      return Object.fromEntries(
        listed
          .filter(({ subject }) => subject.includes(agentId))
          .map(({ key, subject, cause, repair: outcome }) => [
            key?.stateKey ?? subject,
            `${cause} ${outcome}`,
          ]),
      );
    };
    expect(await found(true)).toEqual({
      kept: "dead-letter not-possible",
      never: "dead-letter not-possible",
      [nobody]: "dead-letter not-possible",
    });
    await dropDeadLetters(lab.database, letters);
    expect(await found(true)).toEqual({
      kept: "bucket-older mended",
      never: "deleted-in-postgres mended",
      [nobody]: "dropped mended",
    });
    expect(await found(false)).toEqual({});
    expect(await lab.rows(agentId)).toMatchObject({ kept: { value: "old" } });
  });

  it("that were retried are removed when they were kept for their time, and no other", async () => {
    const agentId = await lab.agent();
    for (const key of ["retried", "open"]) await lab.putRaw(stateSubject({ agentId, stateKey: key }), "{bad");
    const [first = 0, open = 0] = await lettersOf(agentId, 2);
    const [event = 0, published = 0] = await parkEvents(2);
    await retry([first, event, published]);
    await lab.database.write.query(
      sql.unsafe`DELETE FROM sync.outbox_pending AS p USING sync.dead_letters AS d
        WHERE d.event_id = p.event_id AND d.dead_letter_id = ${published}`,
    );
    const again = (await lettersOf(agentId)).filter((letter) => letter !== open);
    const left = async () => {
      const ids = [first, open, event, published, ...again];
      const letters = await Promise.all(ids.map((id) => getDeadLetter(lab.database, id)));
      return letters.flatMap((letter) => letter?.deadLetterId ?? []);
    };
    await purgeRetriedDeadLetters(lab.database, { keepMs: 3_600_000 });
    expect(await left()).toEqual([first, open, event, published, ...again]);
    // The event of one is still to be published.
    while ((await purgeRetriedDeadLetters(lab.database, { keepMs: 0, limit: 1 })) > 0);
    expect(await left()).toEqual([open, event, ...again]);
    expect(again).toHaveLength(1);
    await lab.database.write.query(sql.unsafe`DELETE FROM sync.outbox_pending`);
    await expect(purgeRetriedDeadLetters(lab.database, { keepMs: Number.NaN })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  it("of the relay give their event back to it, or take it with them", async () => {
    const [retried = 0, dropped = 0, late = 0] = await parkEvents(3);
    expect(await retry([retried])).toMatchObject([{ outcome: "retried" }]);
    expect(await pending()).toEqual([
      { letter: retried, parked: false },
      { letter: dropped, parked: true },
      { letter: late, parked: true },
    ]);
    expect(await dropDeadLetters(lab.database, [retried, dropped, 999_999])).toEqual([
      { deadLetterId: retried, outcome: "dropped" },
      { deadLetterId: dropped, outcome: "dropped" },
      { deadLetterId: 999_999, outcome: "missing" },
    ]);
    // The event of the one that was retried is still to be published: only its dead letter is gone.
    expect(await pending()).toEqual([
      { letter: null, parked: false },
      { letter: late, parked: true },
    ]);
    await lab.database.write.query(sql.unsafe`DELETE FROM sync.outbox_pending`);
    expect(await retry([late])).toMatchObject([
      { outcome: "refused", why: "its event is not pending any more" },
    ]);
  });

  it("of a consumer are published again with another message id, and the handler gets them", async () => {
    const subject = `agents.lifecycle.${await lab.agent()}.started`;
    const own = headers();
    own.set("Nats-Msg-Id", "once");
    own.set("Nats-Expected-Stream", "AGENT_STATE");
    own.set("Smith-Event-Id", "7");
    await lab.link.js.publish(subject, "no event", { headers: own });
    await using _ = await consume(lab.link, {
      subject: "agents.lifecycle.>",
      durable: "dead-letters-test",
      database: lab.database,
      handler: () => {},
    });
    const letters = () => listDeadLetters(lab.database, { pipe: "consume" });
    await expect.poll(async () => (await letters()).items, { timeout: 20_000 }).toHaveLength(1);
    const [first] = (await letters()).items;
    expect(first).toMatchObject({ pipe: "consume:dead-letters-test", messageKey: "once", eventId: 7 });
    expect(await retry([first?.deadLetterId ?? 0])).toMatchObject([{ outcome: "retried" }]);
    await expect
      .poll(async () => (await letters()).items[0]?.deadLetterId ?? 0, { timeout: 20_000 })
      .toBeGreaterThan(first?.deadLetterId ?? 0);
    const [again] = (await letters()).items;
    expect(again).toMatchObject({ subject, eventId: 7 });
    expect(again?.messageKey).toMatch(/^dead-letter:/);
  });

  it("that nothing takes are refused with the reason, and keep no other from being retried", async () => {
    const agentId = await lab.agent();
    await lab.putRaw(stateSubject({ agentId, stateKey: "bad" }), "{bad");
    const [fine = 0] = await lettersOf(agentId);
    const [nowhere = 0] = await insertLetter("consume:x", "nowhere.at.all");
    const [unknown = 0] = await insertLetter("else", "agents.lifecycle.a.b");
    expect(await retry([nowhere, unknown, fine])).toEqual([
      { deadLetterId: nowhere, outcome: "refused", why: "no stream takes nowhere.at.all" },
      { deadLetterId: unknown, outcome: "refused", why: "nothing is known of the pipe else" },
      { deadLetterId: fine, outcome: "retried", why: null },
    ]);
  });
});

function retry(ids: readonly number[]) {
  return retryDeadLetters(lab, ids);
}

async function register(agentId: string): Promise<void> {
  await lab.database.write.query(
    sql.unsafe`INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES (${agentId}, 'tester', 'late')`,
  );
}

/** The open dead letters of an agent, the oldest first, when there are so many. */
async function lettersOf(agentId: string, number?: number): Promise<number[]> {
  await flushed();
  const { items } = await listDeadLetters(lab.database, { agentId, order: "oldest" });
  if (number !== undefined) expect(items).toHaveLength(number);
  return items.map(({ deadLetterId }) => deadLetterId);
}

const idRow = z.object({ id: z.coerce.number() });

function insertLetter(pipe: string, subject: string): Promise<readonly number[]> {
  return lab.database.write.anyFirst(
    sql.type(idRow)`
      INSERT INTO sync.dead_letters (pipe, reason_code, reason, subject, payload)
      VALUES (${pipe}, 'test', 'for the test', ${subject}, '1')
      RETURNING dead_letter_id::TEXT AS id`,
  );
}

/** Events of the outbox that are parked, each with its dead letter. */
function parkEvents(number: number): Promise<readonly number[]> {
  return lab.database.write.anyFirst(
    sql.type(idRow)`
      WITH told AS (
        INSERT INTO sync.outbox (kind, operation, aggregate, subject, payload)
        SELECT 'task', 'created', 'task:' || i, 'tasks.created.x.' || i, '{}' FROM generate_series(1, ${number}::INTEGER) AS i
        RETURNING event_id, occurred_at, aggregate, subject
      ), pending AS (
        INSERT INTO sync.outbox_pending (event_id, occurred_at, parked_at)
        SELECT t.event_id, t.occurred_at, now() FROM told AS t
      )
      INSERT INTO sync.dead_letters (pipe, reason_code, reason, subject, event_id, aggregate)
      SELECT 'relay', 'test', 'for the test', t.subject, t.event_id, t.aggregate FROM told AS t ORDER BY t.event_id
      RETURNING dead_letter_id::TEXT AS id`,
  );
}

function pending() {
  return lab.database.write.any(
    sql.type(z.object({ letter: z.coerce.number().nullable(), parked: z.boolean() }))`
      SELECT d.dead_letter_id::TEXT AS letter, p.parked_at IS NOT NULL AS parked
      FROM sync.outbox_pending AS p LEFT JOIN sync.dead_letters AS d USING (event_id)
      ORDER BY p.event_id`,
  );
}

/** Waits until all that is in the bucket now is flushed. */
async function flushed(): Promise<void> {
  const { state, created } = await lab.link.manager.streams.info(stateStream);
  await expect
    .poll(
      async () => {
        const position = await readPosition(lab.database);
        return position?.createdMs === Date.parse(created) ? position.sequence : 0;
      },
      { timeout: 20_000, interval: 10 },
    )
    .toBeGreaterThanOrEqual(state.last_seq);
}
