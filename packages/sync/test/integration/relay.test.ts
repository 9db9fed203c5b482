import { randomUUID } from "node:crypto";
import { type Database, sql } from "@mister-smith/client";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { dropParkedEvent, parseEvent, type Relay, retryParkedEvent } from "../../src/index.ts";
import { lookAhead, lookAtAll } from "../../src/relay/outbox-look.ts";
import {
  addAgent,
  addStreams,
  messagesOf,
  relayOf,
  tell,
  untilPublished,
  untilTrue,
  useRelayLab,
} from "../support/relay-lab.ts";

const lab = useRelayLab(["state", "lifecycle", "heartbeat", "task", "message"]);
const never = 1_000_000_000;
let relays: Relay[] = [];

async function startRelay(options: Parameters<typeof relayOf>[1] = {}): Promise<Relay> {
  const relay = relayOf(lab(), options);
  relays.push(relay);
  await relay.start();
  return relay;
}

afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.stop()));
  relays = [];
  await lab().db.write.query(sql.unsafe`TRUNCATE sync.outbox_pending, sync.dead_letters`);
});

const created = (count: number) =>
  Array.from({ length: count }, () => {
    const id = randomUUID();
    return { aggregate: `task:${id}`, subject: `tasks.created.test.${id}` };
  });

async function inTransaction(
  work: (tx: Parameters<Parameters<Database["transaction"]>[0]>[0]) => Promise<void>,
) {
  await lab().db.transaction(work);
}

describe("the relay", () => {
  it("publishes what triggers tell of each kind, in the form that is documented, under the event's id", async () => {
    const { db, link } = lab();
    const relay = await startRelay();
    const agent = await addAgent(db);
    await db.state.put({ agentId: agent, stateKey: "plan.a b", stateValue: { step: 1 } });
    await db.agents.heartbeat(agent);
    await db.write.query(sql.unsafe`
      INSERT INTO agents.lifecycle_events (agent_id, event_type, event_data) VALUES (${agent}, 'said hello', '{"to":"you"}')
    `);
    await db.tasks.enqueue({ taskType: "greet" });
    await db.messages.send({ toAgentId: agent, messageType: "notification", payload: { hello: 1 } });
    await untilPublished(relay);
    const seen = [
      ...(await messagesOf(link, "AGENT_STATE", "agents.>")),
      ...(await messagesOf(link, "TASK_EXECUTION", "tasks.created.greet.>")),
      ...(await messagesOf(link, "AGENT_MESSAGES", `messages.direct.${agent}`)),
    ];
    const events = seen.map(({ subject, body, id }) => {
      const event = parseEvent(subject, new TextEncoder().encode(JSON.stringify(body)));
      expect(event.id).toBe(id);
      return [subject.replace(agent, "AGENT").replace(/[0-9a-f-]{36}$/, "ID"), event.kind, event.operation];
    });
    expect(events).toEqual([
      ["agents.state.AGENT.plan.a=20b", "state", "put"],
      ["agents.heartbeat.AGENT", "heartbeat", "heartbeat"],
      ["agents.lifecycle.AGENT.said=20hello", "lifecycle", "said hello"],
      ["tasks.created.greet.ID", "task", "created"],
      ["messages.direct.AGENT", "message", "sent"],
    ]);
    expect(seen[0]?.body.data).toMatchObject({ state_key: "plan.a b", value: { step: 1 }, operation: "put" });
  });

  it("publishes the event of a transaction that commits late, without looking at everything again", async () => {
    const { db, link } = lab();
    const relay = await startRelay({ sweepEveryMs: never });
    const [late, early] = created(2);
    if (late === undefined || early === undefined) throw new Error("two were made");
    await inTransaction(async (tx) => {
      await tell(tx, [late]);
      await tell(db.write, [early]);
      await untilTrue("the early one is published", async () => {
        return (await messagesOf(link, "TASK_EXECUTION", early.subject)).length === 1;
      });
      expect(await messagesOf(link, "TASK_EXECUTION", late.subject)).toEqual([]);
    });
    await untilPublished(relay);
    expect(await messagesOf(link, "TASK_EXECUTION", late.subject)).toHaveLength(1);
  });

  it("keeps the order of a row that overlapping transactions change, whatever their own order", async () => {
    const { db, link } = lab();
    const relay = await startRelay({ sweepEveryMs: never });
    const agent = await addAgent(db);
    await db.state.put({ agentId: agent, stateKey: "shared", stateValue: 0 });
    const setTo = (value: number) => sql.unsafe`
      UPDATE agents.state SET state_value = ${String(value)}::JSONB, version = version + 1
      WHERE agent_id = ${agent} AND state_key = 'shared'
    `;
    await inTransaction(async (older) => {
      // It is older by its transaction's number, and comes to the row later.
      await older.query(
        sql.unsafe`INSERT INTO agents.lifecycle_events (agent_id, event_type) VALUES (${agent}, 'old')`,
      );
      await db.write.query(setTo(1));
      await older.query(setTo(2));
    });
    await untilPublished(relay);
    const values = (await messagesOf(link, "AGENT_STATE", `agents.state.${agent}.shared`)).map(
      ({ body }) => body.data.value,
    );
    expect(values).toEqual([0, 1, 2]);
  });

  it("keeps the order of each row, and loses and repeats nothing, while many write at once and some roll back", async () => {
    const { db, link } = lab();
    const relay = await startRelay({ sweepEveryMs: never, batchSize: 40, maxHeld: 100 });
    const agent = await addAgent(db);
    const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);
    await db.state.putMany(keys.map((key) => ({ agentId: agent, stateKey: key, stateValue: 0 })));
    let writes = keys.length;
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let turn = 0; turn < 25; turn += 1) {
          const key = keys[(writer * 7 + turn * 5) % keys.length] ?? "k0";
          const undone = turn % 5 === 4;
          await inTransaction(async (tx) => {
            await tx.query(sql.unsafe`
              UPDATE agents.state SET state_value = to_jsonb(version + 1), version = version + 1
              WHERE agent_id = ${agent} AND state_key = ${key}
            `);
            if (undone) throw new Error("undone");
          }).catch((error: unknown) => {
            if (!undone) throw error;
          });
          if (!undone) writes += 1;
        }
      }),
    );
    await untilPublished(relay);
    const seen = await messagesOf(link, "AGENT_STATE", `agents.state.${agent}.>`);
    expect(seen).toHaveLength(writes);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(writes);
    for (const key of keys) {
      const versions = seen
        .filter(({ subject }) => subject.endsWith(`.${key}`))
        .map(({ body }) => body.data.version);
      expect(versions, key).toEqual(versions.map((_, index) => index + 1));
    }
  });

  it("sends no NOTIFY in the path of a write", async () => {
    const notifying = sql.type(z.object({ name: z.string() }))`
      SELECT p.oid::REGPROCEDURE::TEXT AS name FROM pg_proc AS p
      WHERE p.pronamespace = 'sync'::REGNAMESPACE AND p.prosrc ~* 'notify'
    `;
    expect(await lab().db.write.any(notifying)).toEqual([]);
  });

  it("goes on where it was when nats-server is killed while it publishes", async () => {
    const { db, link, nats } = lab();
    const relay = await startRelay();
    const events = created(3_000);
    const half = events.splice(0, 1_500);
    await tell(db.write, half);
    await untilTrue("some are published", () => relay.stats().published > 100);
    await nats.kill();
    await tell(db.write, events);
    await nats.start();
    await untilPublished(relay);
    const seen = await messagesOf(link, "TASK_EXECUTION", "tasks.created.test.>");
    const subjects = new Set(seen.map(({ subject }) => subject));
    for (const { subject } of [...half, ...events]) expect(subjects.has(subject)).toBe(true);
    expect(seen.length).toBe(new Set(seen.map(({ id }) => id)).size);
    expect(await relay.backlog()).toMatchObject({ events: 0, parked: 0 });
  });

  it("holds back the events of a stream that is away, says so, parks none, and lets all others pass", async () => {
    const { db, link } = lab();
    const agent = await addAgent(db);
    await link.manager.streams.delete("TASK_EXECUTION");
    const relay = await startRelay({ maxHeld: 64, batchSize: 32, maxAttempts: 2, stuckAfterMs: 500 });
    const events = created(200);
    await tell(db.write, events);
    for (let value = 1; value <= 40; value += 1) {
      await db.state.put({ agentId: agent, stateKey: `k${value}`, stateValue: value });
    }
    await untilTrue("the others are published", async () => {
      return (await messagesOf(link, "AGENT_STATE", `agents.state.${agent}.>`)).length === 40;
    });
    expect(await relay.backlog()).toMatchObject({ events: 200, parked: 0 });
    await untilTrue("that is said, though others pass", async () => {
      await db.agents.heartbeat(agent);
      return relay.status().state === "stuck";
    });
    expect(relay.status().why).toMatch(/^tasks\.created: nothing was published for \d+ ms: /);
    await addStreams(link, "TASK_EXECUTION");
    await untilPublished(relay);
    const seen = await messagesOf(link, "TASK_EXECUTION", "tasks.created.test.>");
    expect(seen.map(({ subject }) => subject).sort()).toEqual(events.map(({ subject }) => subject).sort());
    expect((await relay.backlog()).parked).toBe(0);
    expect(relay.status().state).toBe("running");
  });

  it("parks what cannot be published with its reason, lets others pass, and has its own aggregate wait", async () => {
    const { db, link } = lab();
    const parked: number[] = [];
    const relay = await startRelay({
      sweepEveryMs: 50,
      onParked: ({ eventId }) => {
        parked.push(eventId);
        throw new Error("a listener's own mistake");
      },
    });
    const id = randomUUID();
    const aggregate = `task:${id}`;
    const [poison, follower] = await tell(db.write, [
      { aggregate, subject: "tasks.created.*", payload: { task_id: id } },
      { aggregate, subject: `tasks.created.after.${id}` },
      ...created(5),
    ]);
    await untilTrue("it is parked", () => parked.length === 1);
    await untilTrue("the others pass", async () => (await relay.backlog()).events === 1);
    const letters = await db.write.any(sql.type(z.record(z.string(), z.unknown()))`
      SELECT dead_letter_id::INT AS id, reason_code, subject, aggregate, event_id::INT, attempts,
        convert_from(payload, 'UTF8')::JSONB AS payload
      FROM sync.dead_letters WHERE pipe = 'relay'
    `);
    const letterId = Number(letters[0]?.["id"]);
    expect(letters).toEqual([
      {
        id: letterId,
        reason_code: "REFUSED",
        subject: "tasks.created.*",
        aggregate,
        event_id: poison,
        attempts: 1,
        payload: { task_id: id },
      },
    ]);
    expect(await messagesOf(link, "TASK_EXECUTION", `tasks.created.after.${id}`)).toEqual([]);

    // Another relay does not let the follower pass either.
    await relay.stop();
    const next = await startRelay({ sweepEveryMs: 50 });
    await tell(db.write, [{ aggregate, subject: `tasks.created.third.${id}` }, ...created(1)]);
    await untilTrue("what is new passes", async () => (await next.backlog()).events === 2);

    // Nothing has changed: it is parked again. Then it is mended, and goes first.
    expect(await retryParkedEvent(db.write, { deadLetterId: letterId })).toBe(true);
    expect(await retryParkedEvent(db.write, { deadLetterId: letterId })).toBe(false);
    await untilTrue("it is parked again", async () => next.stats().parked === 1);
    const [again] = await db.write.anyFirst(sql.type(z.object({ id: z.int() }))`
      SELECT dead_letter_id::INT AS id FROM sync.dead_letters WHERE pipe = 'relay' AND retried_at IS NULL
    `);
    await db.write.query(sql.unsafe`
      UPDATE sync.outbox SET subject = ${`tasks.created.mended.${id}`} WHERE event_id = ${poison ?? 0}
    `);
    expect(await retryParkedEvent(db.write, { deadLetterId: again ?? 0 })).toBe(true);
    await untilPublished(next);
    const seen = (await messagesOf(link, "TASK_EXECUTION", "tasks.created.>")).filter(({ subject }) =>
      subject.endsWith(id),
    );
    expect(seen.map(({ subject }) => subject.split(".")[2])).toEqual(["mended", "after", "third"]);
    expect(seen.map(({ eventId }) => eventId).slice(0, 2)).toEqual([poison, follower]);
  });

  it("drops a parked event when asked to, and goes on with its aggregate", async () => {
    const { db, link } = lab();
    const id = randomUUID();
    const relay = await startRelay({ sweepEveryMs: 50 });
    await tell(db.write, [
      { aggregate: `task:${id}`, subject: "no subject" },
      { aggregate: `task:${id}`, subject: `tasks.created.after.${id}` },
    ]);
    await untilTrue("it is parked", async () => (await relay.backlog()).parked === 1);
    const letter = await db.write.oneFirst(sql.type(z.object({ id: z.int() }))`
      SELECT dead_letter_id::INT AS id FROM sync.dead_letters WHERE aggregate = ${`task:${id}`}
    `);
    expect(await dropParkedEvent(db.write, { deadLetterId: letter })).toBe(true);
    await untilPublished(relay);
    expect(await messagesOf(link, "TASK_EXECUTION", `tasks.created.after.${id}`)).toHaveLength(1);
    expect(await relay.backlog()).toMatchObject({ events: 0, parked: 0, seconds: 0 });
  });

  it("publishes what is larger than the stream takes as a reference", async () => {
    const { db, link } = lab();
    const relay = await startRelay();
    const agent = await addAgent(db);
    const channel = randomUUID();
    await tell(db.write, [
      {
        kind: "message",
        aggregate: `message:${channel}`,
        subject: `messages.direct.${agent}`,
        payload: {
          message_id: channel,
          message_type: "notification",
          sent_at: "2026-01-01T00:00:00Z",
          priority: 0,
          payload: "x".repeat(300_000),
        },
      },
      {
        kind: "message",
        aggregate: `message:${agent}`,
        subject: `messages.direct.${agent}`,
        payload: { payload: "y".repeat(2_000_000), message_id: agent },
      },
    ]);
    await untilPublished(relay);
    const seen = await messagesOf(link, "AGENT_MESSAGES", `messages.direct.${agent}`);
    expect(seen.map(({ body }) => body)).toMatchObject([
      { reference: true, data: { message_id: expect.any(String) } },
      { reference: true, data: { message_id: expect.any(String) } },
    ]);
    for (const { body } of seen) expect(body.data).not.toHaveProperty("payload");
  });

  it("passes neither published events nor their dead rows again while an old snapshot keeps these", async () => {
    const { db } = lab();
    await db.transaction(
      async (old) => {
        await old.query(sql.unsafe`SELECT count(*) FROM agents.registry`);
        const last = (await tell(db.write, created(20_000))).at(-1) ?? 0;
        await db.write.query(sql.unsafe`DELETE FROM sync.outbox_pending`);
        await tell(db.write, created(20));
        await inTransaction(async (tx) => {
          const begun = await pagesRead(tx);
          const all = await lookAtAll(tx, 0, { taken: [], aggregates: [], classes: [] }, 100);
          const passed = (await pagesRead(tx)) - begun;
          const next = await lookAhead(tx, { high: last, gaps: [], sweptTo: undefined }, 100);
          expect(next.events).toEqual(all.events);
          expect(next.events).toHaveLength(20);
          expect(passed).toBeGreaterThan(150);
          expect((await pagesRead(tx)) - begun - passed).toBeLessThan(50);
        });
      },
      { isolation: "repeatable read" },
    );
  });

  it("stops soon while it has much to do, is started again, and has then published everything once", async () => {
    const { db, link } = lab();
    const relay = await startRelay();
    const events = created(2_000);
    await tell(db.write, events);
    await untilTrue("some are published", () => relay.stats().published > 50);
    const begun = performance.now();
    await Promise.all([relay.stop(), relay.stop()]);
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(relay.status().state).toBe("stopped");
    expect(relay.stats().held).toBe(0);
    await relay.start();
    await untilPublished(relay);
    const ids = new Set(events.map(({ subject }) => subject));
    const seen = (await messagesOf(link, "TASK_EXECUTION", "tasks.created.test.>")).filter(({ subject }) =>
      ids.has(subject),
    );
    expect(seen).toHaveLength(2_000);
  });

  it("begins nothing any more from the moment on at which its lease may be another's", async () => {
    const { db, link } = lab();
    let holds = true;
    const lease = { role: "relay", epoch: 1, signal: new AbortController().signal, holds: () => holds };
    const relay = await startRelay({ lease, maxInFlight: 4 });
    const events = created(500);
    await tell(db.write, events);
    await untilTrue("some are published", () => relay.stats().published > 0);
    holds = false;
    await relay.stop();
    const { events: left } = await relay.backlog();
    expect(left).toBeGreaterThan(0);
    const subjects = new Set(events.map(({ subject }) => subject));
    const seen = await messagesOf(link, "TASK_EXECUTION", "tasks.created.test.>");
    expect(seen.filter(({ subject }) => subjects.has(subject))).toHaveLength(500 - left);
  });

  it("has each event once in the stream when two relays are at it", async () => {
    const { db, link } = lab();
    const [one, two] = [await startRelay(), await startRelay()];
    const events = created(1_000);
    await tell(db.write, events);
    await untilPublished(one);
    await two.stop();
    const subjects = new Set(events.map(({ subject }) => subject));
    const seen = (await messagesOf(link, "TASK_EXECUTION", "tasks.created.test.>")).filter(({ subject }) =>
      subjects.has(subject),
    );
    expect(seen).toHaveLength(1_000);
  });
});

/** How many pages of the pending events and of their index this connection has read. */
function pagesRead(tx: Pick<Database["write"], "oneFirst">): Promise<number> {
  return tx.oneFirst(sql.type(z.object({ read: z.coerce.number() }))`
    SELECT (
      pg_stat_get_xact_blocks_fetched('sync.outbox_pending'::REGCLASS)
      + pg_stat_get_xact_blocks_fetched('sync.outbox_pending_pkey'::REGCLASS)
    )::TEXT AS read
  `);
}
