import { randomUUID } from "node:crypto";
import { sql } from "@mister-smith/client";
import { clusters } from "@mister-smith/testkit";
import { Kvm } from "@nats-io/kv";
import { afterEach, describe, expect, it } from "vitest";
import { createRelay, encodeStateKey, type Relay } from "../../src/index.ts";
import {
  addAgent,
  addBucket,
  messagesOf,
  untilPublished,
  untilTrue,
  useRelayLab,
} from "../support/relay-lab.ts";

describe.each(clusters())("on PostgreSQL $major", (on) => {
  const lab = useRelayLab(["state", "session", "config"], on);
  let relay: Relay;

  afterEach(async () => {
    await relay?.stop();
    await lab().db.write.query(sql.unsafe`TRUNCATE sync.outbox_pending, sync.positions`);
  });

  async function startRelay(): Promise<Relay> {
    const { db, link } = lab();
    relay = createRelay({ database: db, link, maxRetryDelayMs: 100 });
    await relay.start();
    return relay;
  }
  const bucket = async (name: string) => new Kvm(lab().link.connection).open(name);
  const subjectOf = (agent: string, key: string) => `$KV.AGENT_STATE.${agent}.${encodeStateKey(key)}`;

  /** Says that the flusher has read the bucket up to there. */
  async function flushedTo(sequence: number): Promise<void> {
    const { db, link } = lab();
    const { created } = await link.manager.streams.info("KV_AGENT_STATE");
    await db.write.query(sql.unsafe`
      INSERT INTO sync.positions (pipe, stream, incarnation, sequence, stream_created)
      VALUES ('agent_state', 'KV_AGENT_STATE', 1, ${sequence}, ${created}::TIMESTAMPTZ)
      ON CONFLICT (pipe) DO UPDATE SET sequence = EXCLUDED.sequence, stream_created = EXCLUDED.stream_created
    `);
  }

  describe("a write to agents.state by SQL", () => {
    it("reaches the bucket, change by change, marked as PostgreSQL's own, and a deletion too", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db);
      await startRelay();
      const key = "plan.a b";
      await db.state.put({ agentId: agent, stateKey: key, stateValue: { n: 1 } });
      await untilPublished(relay);
      const kv = await bucket("AGENT_STATE");
      const spelt = `${agent}.${encodeStateKey(key)}`;
      expect((await kv.get(spelt))?.json()).toEqual({ n: 1 });
      // The flusher has not passed what we wrote ourselves; that must not keep the next one out.
      await db.write.query(sql.unsafe`
        UPDATE agents.state SET state_value = '{"n": 2}', version = version + 1,
          expires_at = now() + interval '1 hour'
        WHERE agent_id = ${agent}
      `);
      await untilPublished(relay);
      expect((await kv.get(spelt))?.json()).toEqual({ n: 2 });
      const last = await link.manager.streams.getMessage("KV_AGENT_STATE", {
        last_by_subj: subjectOf(agent, key),
      });
      expect(last?.header.get("Smith-Origin")).toBe("postgres");
      expect(Date.parse(last?.header.get("Smith-Expires-At") ?? "")).toBeGreaterThan(Date.now());
      await db.write.query(sql.unsafe`DELETE FROM agents.state WHERE agent_id = ${agent}`);
      await untilPublished(relay);
      expect(await kv.get(spelt)).toMatchObject({ operation: "DEL" });
      expect(await messagesOf(link, "KV_AGENT_STATE", `$KV.AGENT_STATE.${agent}.>`)).toHaveLength(3);
    });

    it("that the flusher made does not echo, and is told as an event all the same", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db);
      await startRelay();
      await db.transaction(async (tx) => {
        await tx.query(sql.unsafe`SELECT set_config('sync.origin', 'flush', TRUE)`);
        await tx.state.put({ agentId: agent, stateKey: "k", stateValue: 1 });
      });
      await untilPublished(relay);
      expect(await messagesOf(link, "KV_AGENT_STATE", `$KV.AGENT_STATE.${agent}.>`)).toEqual([]);
      const [event] = await messagesOf(link, "AGENT_STATE", `agents.state.${agent}.>`);
      expect(event?.body).toMatchObject({ origin: "flush", data: { value: 1 } });
    });

    it("leaves a value that is not flushed yet, and overwrites it once it is", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db);
      await startRelay();
      const { seq } = await link.js.publish(subjectOf(agent, "k"), `"from the bucket"`);
      await flushedTo(seq - 1);
      await db.state.put({ agentId: agent, stateKey: "k", stateValue: "by SQL" });
      await untilPublished(relay);
      const kv = await bucket("AGENT_STATE");
      expect((await kv.get(`${agent}.k`))?.json()).toBe("from the bucket");
      await flushedTo(seq);
      await db.state.put({ agentId: agent, stateKey: "k", stateValue: "by SQL again" });
      await untilPublished(relay);
      expect((await kv.get(`${agent}.k`))?.json()).toBe("by SQL again");
    });

    it("never overwrites what a bucket that was made anew holds, whatever was flushed of the one before", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db);
      await startRelay();
      const { seq } = await link.js.publish(subjectOf(agent, "k"), `"not flushed"`);
      await flushedTo(seq + 1_000);
      await db.write.query(
        sql.unsafe`UPDATE sync.positions SET stream_created = stream_created - interval '1 hour'`,
      );
      await db.state.put({ agentId: agent, stateKey: "k", stateValue: "by SQL" });
      await untilPublished(relay);
      expect((await (await bucket("AGENT_STATE")).get(`${agent}.k`))?.json()).toBe("not flushed");
    });

    it("does not bring in keys of an agent that is not active, and follows those that are there", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db, "suspended");
      await startRelay();
      const { seq } = await link.js.publish(subjectOf(agent, "hot"), "1");
      await flushedTo(seq);
      for (const stateKey of ["hot", "cold"]) await db.state.put({ agentId: agent, stateKey, stateValue: 2 });
      await untilPublished(relay);
      const seen = await messagesOf(link, "KV_AGENT_STATE", `$KV.AGENT_STATE.${agent}.>`);
      expect(seen.map(({ subject, body }) => [subject.split(".").at(-1), body])).toEqual([
        ["hot", 1],
        ["hot", 2],
      ]);
    });

    it("that fits into no message takes the older value out of the bucket, and the next that fits is there again", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db);
      await startRelay();
      const put = async (stateValue: string) => {
        await db.state.put({ agentId: agent, stateKey: "k", stateValue });
        await untilPublished(relay);
        const seen = await messagesOf(link, "KV_AGENT_STATE", `$KV.AGENT_STATE.${agent}.>`);
        return seen.at(-1)?.body;
      };
      expect(await put("small")).toBe("small");
      expect(await put("x".repeat(1_500_000))).toBeUndefined();
      expect(await put("y".repeat(1_500_000))).toBeUndefined();
      expect(await put("small again")).toBe("small again");
      expect((await relay.backlog()).parked).toBe(0);
    });

    it("ends level with the bucket when both are written at once, and loses no value of the bucket", async () => {
      const { db, link } = lab();
      const agent = await addAgent(db);
      await startRelay();
      let last = 0;
      await Promise.all([
        (async () => {
          for (let turn = 0; turn < 30; turn += 1) {
            await db.state.put({ agentId: agent, stateKey: "k", stateValue: `sql ${turn}` });
          }
        })(),
        (async () => {
          for (let turn = 0; turn < 30; turn += 1) {
            last = (await link.js.publish(subjectOf(agent, "k"), `"bucket ${turn}"`)).seq;
          }
        })(),
      ]);
      await untilPublished(relay);
      const kv = await bucket("AGENT_STATE");
      const entry = await kv.get(`${agent}.k`);
      expect(entry?.revision).toBe(last);
      expect(entry?.json()).toBe("bucket 29");
    });
  });

  it("keeps sessions in their bucket without token or hash, until they end", async () => {
    const { db, link } = lab();
    await startRelay();
    const { session, token } = await db.sessions.create({
      userId: "someone",
      sessionData: { cart: [1] },
      expiresInMs: 60_000,
    });
    await untilPublished(relay);
    const kv = await bucket("SESSION_DATA");
    const value = (await kv.get(session.sessionId))?.json();
    expect(value).toMatchObject({
      session_id: session.sessionId,
      user_id: "someone",
      session_data: { cart: [1] },
    });
    const all = JSON.stringify(await messagesOf(link, "KV_SESSION_DATA", ">"));
    expect(all).not.toContain(token);
    expect(all).not.toMatch(/sha256|token/);
    await db.write.query(sql.unsafe`
      UPDATE sessions.active SET expires_at = created_at + interval '1 microsecond' WHERE session_id = ${session.sessionId}
    `);
    await untilPublished(relay);
    expect(await kv.get(session.sessionId)).toMatchObject({ operation: "DEL" });
  });

  it("parks a session that fits into no message, with the reason, and takes its older value out of the bucket", async () => {
    const { db } = lab();
    await startRelay();
    const { session } = await db.sessions.create({ userId: "someone", sessionData: {}, expiresInMs: 60_000 });
    await untilPublished(relay);
    const kv = await bucket("SESSION_DATA");
    expect(await kv.get(session.sessionId)).not.toBeNull();
    await db.write.query(sql.unsafe`
      UPDATE sessions.active SET session_data = jsonb_build_object('cart', repeat('x', 1500000))
      WHERE session_id = ${session.sessionId}
    `);
    await untilTrue("the event is parked", async () => (await relay.backlog()).parked === 1);
    expect(await kv.get(session.sessionId)).toBeNull();
    const letters = await db.write.anyFirst(sql.unsafe`
      SELECT d.reason_code FROM sync.dead_letters AS d WHERE d.aggregate = ${`session:${session.sessionId}`}
    `);
    expect(letters).toEqual(["TOO_LARGE"]);
  });

  it("keeps the set-up of agents in its bucket, until the agent is gone", async () => {
    const { db } = lab();
    await startRelay();
    const agent = await addAgent(db);
    await db.agents.update(agent, { configuration: { model: "large" }, capabilities: { tools: ["web"] } });
    await untilPublished(relay);
    const kv = await bucket("AGENT_CONFIG");
    expect((await kv.get(agent))?.json()).toMatchObject({
      agent_id: agent,
      agent_type: "worker",
      configuration: { model: "large" },
      capabilities: { tools: ["web"] },
    });
    await db.write.query(sql.unsafe`DELETE FROM agents.registry WHERE agent_id = ${agent}`);
    await untilPublished(relay);
    expect(await kv.get(agent)).toMatchObject({ operation: "DEL" });
  });

  it("waits for a bucket that is away, parks nothing, and is level when it is back", async () => {
    const { db, link } = lab();
    await link.manager.streams.delete("KV_AGENT_CONFIG");
    await startRelay();
    const agent = await addAgent(db);
    await db.state.put({ agentId: agent, stateKey: randomUUID(), stateValue: 1 });
    await untilTrue("the others pass", async () => (await relay.backlog()).events === 1);
    await addBucket(link, "AGENT_CONFIG");
    await untilPublished(relay);
    expect((await (await bucket("AGENT_CONFIG")).get(agent))?.json()).toMatchObject({ agent_id: agent });
    expect((await relay.backlog()).parked).toBe(0);
  });
});
