import { createDatabase, sql } from "@mister-smith/client";
import { clusters } from "@mister-smith/testkit";
import { Kvm } from "@nats-io/kv";
import { headers as natsHeaders } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { SyncError } from "../../src/errors/sync-error.ts";
import { applyBatch } from "../../src/flush/apply-batch.ts";
import { findPosition, readPosition } from "../../src/flush/find-position.ts";
import { createFlusher, type Flusher, type FlusherOptions } from "../../src/flush/flusher.ts";
import type { Position } from "../../src/flush/position.ts";
import { type ReadMessage, readMessage } from "../../src/flush/read-message.ts";
import { statePrefix, stateStream, stateSubject } from "../../src/keys/state-subject.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

describe.each(clusters())("what is written to the bucket, with PostgreSQL $major", (cluster) => {
  let lab: SyncLab;
  const errors: unknown[] = [];
  beforeAll(async () => {
    lab = await openSyncLab({ cluster });
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  it("by any client is in the table soon after, with version, checksum and expiry", async () => {
    const agentId = await lab.agent();
    await using _ = await flushing();
    const kv = await new Kvm(lab.link.js).open("AGENT_STATE");
    await kv.put(`${agentId}.plan`, JSON.stringify({ steps: ["read"] }));
    await lab.put(agentId, "a key/with ünusual *.characters.", [1, null, "x"], {
      "Smith-Expires-At": "2999-01-01T00:00:00Z",
    });
    await lab.put(agentId, "null", null);
    await flushed();
    expect(await lab.rows(agentId)).toEqual({
      "a key/with ünusual *.characters.": {
        value: [1, null, "x"],
        version: 1,
        expiresAt: expect.stringContaining("2999-01-01"),
      },
      null: { value: null, version: 1, expiresAt: null },
      plan: { value: { steps: ["read"] }, version: 1, expiresAt: null },
    });
    expect(await lab.database.state.get({ agentId, stateKey: "plan" })).toMatchObject({
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it("keeps its last value, counts every write, and deletes what was deleted or has expired", async () => {
    const agentId = await lab.agent();
    for (let n = 1; n <= 5; n += 1) await lab.put(agentId, "often", n);
    await lab.put(agentId, "deleted", 1);
    await lab.delete(agentId, "deleted");
    await lab.put(agentId, "back", 1);
    await lab.delete(agentId, "back");
    await lab.put(agentId, "back", 2);
    await lab.put(agentId, "expired", 1, { "Smith-Expires-At": "2001-01-01T00:00:00+01:00" });
    await using _ = await flushing();
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ often: { value: 5, version: 5 }, back: { value: 2 } });
    expect(Object.keys(await lab.rows(agentId))).toEqual(["back", "often"]);
    await lab.put(agentId, "often", 6);
    const kv = await new Kvm(lab.link.js).open("AGENT_STATE");
    await kv.purge(`${agentId}.back`);
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ often: { value: 6, version: 6 } });
    expect(Object.keys(await lab.rows(agentId))).toEqual(["often"]);
  });

  it("and cannot be kept harms only itself: it is put aside whole, with the reason", async () => {
    const agentId = await lab.agent();
    const stranger = crypto.randomUUID();
    await using _ = await flushing({ maxValueBytes: 300_000 });
    const before = (await lab.deadLetters()).length;
    await lab.put(agentId, "good", "before");
    await lab.putRaw(stateSubject({ agentId, stateKey: "json" }), "{not json");
    await lab.putRaw(stateSubject({ agentId, stateKey: "utf8" }), Uint8Array.from([34, 0xff, 34]));
    await lab.put(agentId, "good", "first");
    await lab.putRaw(stateSubject({ agentId, stateKey: "good" }), '"a NUL: \\u0000"');
    await lab.putRaw(stateSubject({ agentId, stateKey: "number" }), "1e999999");
    await lab.putRaw(stateSubject({ agentId, stateKey: "depth" }), "[".repeat(100_000) + "]".repeat(100_000));
    await lab.putRaw(stateSubject({ agentId, stateKey: "twice" }), '{"a":"\\u0000","a":1}');
    await lab.putRaw(stateSubject({ agentId, stateKey: "escape" }), '"not a NUL: \\\\u0000"');
    await lab.putRaw(stateSubject({ agentId, stateKey: "headers" }), "?", { "X-Odd": "\\u0000 \\" });
    await lab.putRaw(`${statePrefix}${agentId}.a\0b`, "1", { "X-Odd": "a\0b" });
    await lab.putRaw(stateSubject({ agentId, stateKey: "surrogate" }), '"\\ud800"');
    await lab.put(agentId, "large", "x".repeat(400_000));
    await lab.put(agentId, "when", 1, { "Smith-Expires-At": "tomorrow" });
    await lab.put(stranger, "plan", 1);
    await lab.putRaw(`${statePrefix}nobody.plan`, "1");
    await lab.putRaw(`${statePrefix}${agentId}`, "1");
    await lab.putRaw(`${statePrefix}${agentId}.=61`, "1");
    await lab.putRaw(stateSubject({ agentId, stateKey: "k".repeat(256) }), "1");
    await lab.put(agentId, "other", "after");
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ good: { value: "first" }, other: { value: "after" } });
    expect(Object.keys(await lab.rows(agentId))).toEqual(["escape", "good", "other"]);
    const parked = (await lab.deadLetters()).slice(before);
    expect(parked.map(({ code }) => code).toSorted()).toEqual(
      [
        ...["bad-value", "bad-value", "bad-value", "bad-value", "bad-value", "too-large", "bad-header"],
        ...["refused", "refused", "refused", "unknown-agent"],
        ...["bad-key", "bad-key", "bad-key", "bad-key", "bad-key"],
      ].toSorted(),
    );
    expect(parked.find(({ code }) => code === "unknown-agent")).toMatchObject({
      reason: `the agent ${stranger} is not registered`,
      payload: "1",
    });
    expect(parked.find(({ subject }) => subject?.endsWith(".json"))?.payload).toBe("{not json");
  });

  it("by ourselves from PostgreSQL is not brought back there", async () => {
    const agentId = await lab.agent();
    await using _ = await flushing();
    await lab.put(agentId, "row", "old", { "Smith-Origin": "postgres" });
    await flushed();
    expect(await lab.rows(agentId)).toEqual({});
  });

  it("is applied once by two who flush at once, and the one who is late says so", async () => {
    const agentId = await lab.agent();
    errors.length = 0;
    await using _first = await flushing({ batchKeys: 1 });
    await using _second = await flushing({ batchKeys: 1 });
    let written = 0;
    const wasLate = () => errors.some((error) => error instanceof SyncError && error.code === "LEASE_LOST");
    while (!wasLate() && written < 30_000) {
      await Promise.all(Array.from({ length: 60 }, (_, n) => lab.put(agentId, `key-${written + n}`, n)));
      written += 60;
    }
    await flushed();
    expect(wasLate()).toBe(true);
    const rows = await lab.rows(agentId);
    expect(Object.keys(rows)).toHaveLength(written);
    expect(Object.values(rows).filter(({ version }) => version !== 1)).toEqual([]);
  });

  it("is not applied again when it comes again: no old value over a newer one, no deleted key back", async () => {
    const agentId = await lab.agent();
    const { position } = await findPosition(lab.database, lab.link, stateStream);
    const message = (sequence: number, stateKey: string, value: string, operation = ""): ReadMessage => {
      const headers = natsHeaders();
      if (operation !== "") headers.set("KV-Operation", operation);
      const subject = stateSubject({ agentId, stateKey });
      const data = Buffer.from(value);
      return readMessage({ sequence, subject, data, headers, storedAtMs: Date.now() }, 1_000);
    };
    const { sequence } = position;
    const apply = (from: Position, messages: readonly ReadMessage[]) =>
      applyBatch(lab.database, {
        ...{ stream: stateStream, epoch: 0, timeoutMs: 10_000 },
        ...{ from, messages },
      });
    const old = [message(sequence + 1, "changed", "1"), message(sequence + 2, "deleted", "1")];
    const first = await apply(position, old);
    await apply(first.position, [
      message(sequence + 3, "changed", "2"),
      message(sequence + 4, "deleted", "", "DEL"),
    ]);
    for (const from of [position, first.position])
      await expect(apply(from, old)).rejects.toMatchObject({ code: "LEASE_LOST" });
    expect(await lab.rows(agentId)).toEqual({ changed: { value: 2, version: 2, expiresAt: null } });
    // The bucket never had those messages: its position is where it was.
    await lab.database.write.query(
      sql.type(z.object({}))`
        UPDATE sync.positions
        SET sequence = ${sequence}, anchor_time = to_timestamp(${position.anchorMs ?? null}::DOUBLE PRECISION / 1000)`,
    );
  });

  it("and was read is flushed when the flusher is stopped, though it would have waited for more", async () => {
    const agentId = await lab.agent();
    const flusher = await flushing({ batchKeys: 10_000, maxDelayMs: 60_000 });
    for (let n = 1; n <= 20; n += 1) await lab.put(agentId, `key-${n}`, n);
    const last = await lab.put(agentId, "last", 1);
    const reached = flusher.flushedTo(last);
    await expect.poll(() => flusher.lag.messages, { interval: 5 }).toBeGreaterThanOrEqual(21);
    expect(await lab.rows(agentId)).toEqual({});
    await flusher.stop();
    await reached;
    expect(Object.keys(await lab.rows(agentId))).toHaveLength(21);
  });

  it("under numbers that were read before is found by its time, also when the last of them was written over", async () => {
    const agentId = await lab.agent();
    await using flusher = await flushing();
    await flusher.flushedTo(await lab.put(agentId, "before", 1));
    await flusher.stop();
    const read = await readPosition(lab.database);
    await expect.poll(() => Date.now(), { interval: 1 }).toBeGreaterThan((read?.anchorMs ?? 0) + 1);
    await lab.put(agentId, "second life", 1);
    const given = await lab.put(agentId, "often", 0);
    for (let n = 1; n <= 5; n += 1) await lab.put(agentId, "often", n);
    // As if both numbers had been read in the life before, of messages that were lost.
    await lab.database.write.query(sql.type(z.object({}))`UPDATE sync.positions SET sequence = ${given}`);
    const identities: unknown[] = [];
    await using _ = await flushing({ onIdentity: (identity) => identities.push(identity) });
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ "second life": { value: 1 }, often: { value: 5 } });
    expect(identities).toEqual(["tail lost"]);
  });

  it("survives that the server is killed in the middle, once and in order", { timeout: 60_000 }, async () => {
    const agentId = await lab.agent();
    await using _ = await flushing();
    const acknowledged = new Map<string, number>();
    const writer = async (key: string) => {
      for (let n = 1; n <= 60; n += 1) {
        try {
          await lab.put(agentId, key, n);
          acknowledged.set(key, n);
        } catch {
          // Its outcome is not known; the next one follows.
        }
      }
    };
    const writing = Promise.all(["a", "b", "c"].map(writer));
    await expect.poll(() => acknowledged.get("a") ?? 0, { interval: 1 }).toBeGreaterThan(10);
    await lab.nats.kill();
    await lab.nats.start();
    await writing;
    await flushed();
    const rows = await lab.rows(agentId);
    for (const [key, n] of acknowledged) expect(rows[key]?.value, key).toBeGreaterThanOrEqual(n);
  });

  it("is read from the start when the bucket was deleted and made anew", async () => {
    const agentId = await lab.agent();
    const identities: unknown[] = [];
    await using _ = await flushing({ onIdentity: (identity) => identities.push(identity) });
    await lab.put(agentId, "before", 1);
    await flushed();
    const before = await readPosition(lab.database);
    await recreateBucket(lab.link);
    await lab.put(agentId, "after", 2);
    await expect
      .poll(async () => Object.keys(await lab.rows(agentId)), { timeout: 20_000 })
      .toEqual(["after", "before"]);
    expect(identities).toEqual(["recreated"]);
    expect(await readPosition(lab.database)).toMatchObject({
      incarnation: (before?.incarnation ?? 0) + 1,
      sequence: 1,
    });
  });

  it("is all flushed when another client purges a key while the flusher is behind", async () => {
    const agentId = await lab.agent();
    await flushedOnce();
    const keys = 2_100;
    await using other = await createDatabase({ primary: { url: lab.url, min: 0 } });
    await using _ = await other.transaction(async (tx) => {
      await tx.query(sql.type(z.object({}))`LOCK TABLE agents.state IN EXCLUSIVE MODE`);
      // It reads what it has room for, and waits for the table; the rest waits at the server.
      const running = await flushing({ maxBatchMessages: 50 });
      for (let n = 0; n < keys; n += 1) await lab.put(agentId, `key-${n}`, n);
      await lab.link.manager.streams.purge(stateStream, {
        filter: stateSubject({ agentId, stateKey: `key-${keys - 1}` }),
      });
      await lab.put(agentId, "last", true);
      return running;
    });
    await flushed();
    expect(Object.keys(await lab.rows(agentId))).toHaveLength(keys);

    async function flushedOnce() {
      await using _ = await flushing();
      await flushed();
    }
  });

  it("is read from the start when the stored position was removed", async () => {
    const agentId = await lab.agent();
    await lab.database.write.query(sql.type(z.object({}))`DELETE FROM sync.positions`);
    await using _ = await flushing();
    await lab.put(agentId, "again", 1);
    await flushed();
    expect(await lab.rows(agentId)).toMatchObject({ again: { value: 1 } });
  });

  async function flushing(own: Partial<FlusherOptions> = {}): Promise<Flusher> {
    const { database, link } = lab;
    const flusher = createFlusher({ database, link, onError: (error) => errors.push(error), ...own });
    await flusher.start();
    return flusher;
  }

  /** Waits until all that is in the bucket now is flushed. */
  async function flushed(): Promise<void> {
    const patience = { timeout: 20_000, interval: 10 };
    let last: number | undefined;
    // A request that was under way when the server was killed is not answered.
    await expect
      .poll(async () => {
        last ??= (await lab.link.manager.streams.info(stateStream).catch(() => undefined))?.state.last_seq;
        return last;
      }, patience)
      .toBeDefined();
    await expect
      .poll(async () => (await readPosition(lab.database))?.sequence ?? 0, patience)
      .toBeGreaterThanOrEqual(last ?? 0);
  }
});
