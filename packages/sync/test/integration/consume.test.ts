import { randomUUID } from "node:crypto";
import { createDatabase, sql } from "@mister-smith/client";
import { AckPolicy } from "@nats-io/jetstream";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  type ConsumeOptions,
  type Consumption,
  consume,
  type DeadMessage,
  SyncError,
  type TaskEvent,
} from "../../src/index.ts";
import { untilTrue, useRelayLab } from "../support/relay-lab.ts";

const lab = useRelayLab([]);
let running: Consumption[] = [];

/** Each test has a type of task, and so a subject, of its own. */
let count = 0;
function aType(): string {
  count += 1;
  return `type${count}`;
}

async function publish(type: string, priority: string, times = 1): Promise<string[]> {
  const ids = Array.from({ length: times }, () => randomUUID());
  await Promise.all(ids.map((id, index) => publishOne(type, id, `${priority}${times === 1 ? "" : index}`)));
  return ids;
}

async function publishOne(type: string, id: string, priority: string): Promise<void> {
  const event = {
    schema: 1,
    id,
    occurred_at: new Date().toISOString(),
    kind: "task",
    operation: "created",
    tenant: null,
    origin: "sql",
    data: { task_id: id, task_type: type, status: "pending", priority, retry_count: 0 },
  };
  await lab().link.js.publish(`tasks.created.${type}.${id}`, JSON.stringify(event), { msgID: id });
}

async function start(
  type: string,
  options: Partial<ConsumeOptions<`tasks.${string}`>>,
): Promise<Consumption> {
  const consumption = await consume(lab().link, {
    subject: `tasks.created.${type}.>`,
    durable: type,
    backoff: [20],
    handler: () => {},
    ...options,
  });
  running.push(consumption);
  return consumption;
}

afterEach(async () => {
  await Promise.all(running.map((one) => one.stop()));
  running = [];
});

const pendingOf = async (type: string) => {
  const { num_pending, num_ack_pending } = await lab().link.manager.consumers.info("TASK_EXECUTION", type);
  return num_pending + num_ack_pending;
};

/** Makes the consumer before, as the topology does: the server drops what it has delivered so often. */
async function limited(type: string, times: number): Promise<void> {
  await lab().link.manager.consumers.add("TASK_EXECUTION", {
    durable_name: type,
    ack_policy: AckPolicy.Explicit,
    filter_subject: `tasks.created.${type}.>`,
    max_deliver: times,
  });
}

const lettersOf = (durable: string) =>
  lab().db.write.any(sql.type(z.record(z.string(), z.unknown()))`
    SELECT reason_code AS code, reason, message_key AS key, attempts
    FROM sync.dead_letters WHERE pipe = ${`consume:${durable}`}
  `);

describe("consuming", () => {
  it("gives events by their types, acknowledges each when its handler has resolved, and misses none", async () => {
    const type = aType();
    const ids = await publish(type, "p", 300);
    const seen: TaskEvent[] = [];
    let most = 0;
    let now = 0;
    await start(type, {
      concurrency: 7,
      handler: async (event, { attempt }) => {
        now += 1;
        most = Math.max(most, now);
        await new Promise(setImmediate);
        expect(attempt).toBe(1);
        seen.push(event);
        now -= 1;
      },
    });
    await untilTrue("all are acknowledged", async () => (await pendingOf(type)) === 0);
    expect(seen.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(most).toBe(7);
  });

  it("tries again what failed, after longer and longer pauses, and others need not wait for it", async () => {
    const type = aType();
    const failing = (await publish(type, "p"))[0];
    const attempts: number[] = [];
    const at: number[] = [];
    const others: string[] = [];
    const one = await start(type, {
      backoff: [50, 200],
      handler: ({ id }, { attempt }) => {
        if (id !== failing) {
          others.push(id);
          return;
        }
        at.push(performance.now());
        attempts.push(attempt);
        if (attempt < 4) throw new Error("not yet");
      },
    });
    await publish(type, "p", 5);
    await untilTrue("all are acknowledged", async () => one.stats().handled === 6);
    expect(attempts).toEqual([1, 2, 3, 4]);
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0));
    expect(pauses[0]).toBeGreaterThan(45);
    expect(Math.min(...pauses.slice(1))).toBeGreaterThan(190);
    expect(others).toHaveLength(5);
    expect(one.stats()).toMatchObject({ failed: 3, dead: 0 });
  });

  it("does events of a key in their order, also while one is tried again, and other keys beside them", async () => {
    const type = aType();
    for (let turn = 0; turn < 40; turn += 1) await publishOne(type, randomUUID(), `${turn % 4}:${turn}`);
    const seen = new Map<string, string[]>();
    const failed = new Set<string>();
    const under = new Set<string>();
    const one = await start(type, {
      concurrency: 4,
      backoff: [5],
      orderedBy: ({ data }) => data.priority.split(":")[0] ?? "",
      handler: async ({ data }) => {
        const [key = "", turn = ""] = data.priority.split(":");
        expect(under.has(key)).toBe(false);
        under.add(key);
        await new Promise(setImmediate);
        under.delete(key);
        if (Number(turn) % 3 === 0 && !failed.has(turn)) {
          failed.add(turn);
          throw new Error("once");
        }
        seen.set(key, [...(seen.get(key) ?? []), turn]);
      },
    });
    await untilTrue("all are done", () => one.stats().handled === 40);
    for (const [key, turns] of seen) {
      expect(turns).toEqual(Array.from({ length: 10 }, (_, index) => String(index * 4 + Number(key))));
    }
  });

  it("lets handlers take longer than the server waits, without giving their messages to others", async () => {
    const type = aType();
    await publish(type, "p", 3);
    const begun: string[] = [];
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const options = {
      ackWaitMs: 400,
      concurrency: 2,
      handler: async ({ id }: TaskEvent) => {
        begun.push(id);
        await gate;
      },
    };
    const one = await start(type, options);
    const two = await start(type, options);
    const since = performance.now();
    await untilTrue("the server would have waited thrice", () => performance.now() - since > 1_300);
    open();
    await untilTrue("all are acknowledged", async () => (await pendingOf(type)) === 0);
    expect(begun).toHaveLength(3);
    expect(one.stats().handled + two.stats().handled).toBe(3);
  });

  it("keeps what failed too often, and what is no event, as dead letters once, and goes on", async () => {
    const { db, link } = lab();
    const type = aType();
    const [bad] = await publish(type, "p");
    await link.js.publish(`tasks.created.${type}.x`, new Uint8Array([0xff, 0x00, 0x7b]), { msgID: "broken" });
    await publish(type, "p", 2);
    const dead: DeadMessage[] = [];
    const one = await start(type, {
      database: db,
      maxDeliver: 3,
      onDead: (message) => dead.push(message),
      handler: ({ id }) => {
        if (id === bad) throw new Error("never \u0000");
      },
    });
    await untilTrue("all is dealt with", async () => (await pendingOf(type)) === 0);
    expect(one.stats()).toMatchObject({ handled: 2, dead: 2, failed: 3 });
    const rows = await db.write.any(sql.type(z.record(z.string(), z.unknown()))`
      SELECT reason_code, reason, message_key, stream, attempts, encode(payload, 'hex') AS payload, incarnation > 0 AS known
      FROM sync.dead_letters WHERE pipe = ${`consume:${type}`} ORDER BY reason_code
    `);
    expect(rows).toMatchObject([
      {
        reason_code: "ATTEMPTS_EXHAUSTED",
        reason: "never \uFFFD",
        message_key: bad,
        attempts: 3,
        known: true,
      },
      { reason_code: "UNREADABLE", message_key: "broken", payload: "ff007b", stream: "TASK_EXECUTION" },
    ]);
    expect(dead.map(({ code }) => code).sort()).toEqual(["ATTEMPTS_EXHAUSTED", "UNREADABLE"]);
  });

  it("publishes what it gives up where there is no database", async () => {
    const { link } = lab();
    const type = aType();
    await link.manager.streams.add({ name: `DEAD_${type}`, subjects: [`dead.${type}`] });
    const [bad] = await publish(type, "p");
    await start(type, {
      deadLetterSubject: `dead.${type}`,
      maxDeliver: 1,
      handler: () => {
        throw new Error("no\nnever");
      },
    });
    await untilTrue("it is dealt with", async () => (await pendingOf(type)) === 0);
    const message = await link.manager.streams.getMessage(`DEAD_${type}`, { seq: 1 });
    expect(message?.json()).toMatchObject({ id: bad });
    expect(message?.header.get("Smith-Dead-Reason")).toBe("no never");
  });

  it("does not end what it cannot keep: it comes again until it is kept", async () => {
    const { db, url } = lab();
    const type = aType();
    const gone = await createDatabase({ primary: { url, min: 0 } });
    await gone.close();
    await publish(type, "p");
    const refuse = () => {
      throw new Error("never");
    };
    // What it cannot keep it leaves to the server, which gives it again when this time is over.
    const options = { ackWaitMs: 500, maxDeliver: 1, handler: refuse };
    const first = await start(type, { ...options, database: gone });
    await untilTrue("it has failed", () => first.stats().failed > 0 && first.stats().held === 0);
    expect(first.stats().dead).toBe(0);
    await first.stop();
    const next = await start(type, { ...options, database: db });
    await untilTrue("it is kept", () => next.stats().dead === 1);
    // The server takes acknowledgements in after they have come.
    await untilTrue("all is acknowledged", async () => (await pendingOf(type)) === 0);
  });

  it("stops when what runs has come to its end, gives the rest back, and another goes on at once", async () => {
    const type = aType();
    const ids = await publish(type, "p", 30);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const seen: string[] = [];
    const one = await start(type, {
      concurrency: 3,
      handler: async ({ id }) => {
        await gate;
        seen.push(id);
      },
    });
    await untilTrue("it holds some", () => one.stats().held > 3);
    const begunToStop = performance.now();
    const stopping = Promise.all([one.stop(), one.stop()]);
    open();
    await stopping;
    expect(performance.now() - begunToStop).toBeLessThan(3_000);
    expect(one.status().state).toBe("stopped");
    const handled = seen.length;
    expect(handled).toBeLessThan(30);
    const begun = performance.now();
    const next = await start(type, { concurrency: 30, handler: ({ id }) => void seen.push(id) });
    await untilTrue("all are done", () => next.stats().handled + handled === 30);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(seen.sort()).toEqual(ids.sort());
  });

  it("stops when what it cannot give back is dealt with, so that no stop costs a message its only try", async () => {
    const { db } = lab();
    const type = aType();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const once = { database: db, maxDeliver: 1, concurrency: 2, handler: () => gate };
    await publish(type, "p", 4);
    const one = await start(type, once);
    await untilTrue("it holds all", () => one.stats().held === 4);
    const stopping = one.stop();
    open();
    await stopping;
    expect(one.stats()).toMatchObject({ handled: 4, dead: 0 });
    // The server takes acknowledgements in after they have come.
    await untilTrue("all is acknowledged", async () => (await pendingOf(type)) === 0);
  });

  it("gives up nothing that was given back by one stop after the other and never tried", async () => {
    const { db } = lab();
    const type = aType();
    const ids = await publish(type, "p", 4);
    const seen: string[] = [];
    for (let stops = 1; seen.length < 4; stops += 1) {
      expect(stops).toBeLessThan(5);
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      const one = await start(type, {
        database: db,
        maxDeliver: 3,
        concurrency: 2,
        handler: async ({ id }) => {
          await gate;
          if (stops > 2) seen.push(id);
          else throw new Error("not yet");
        },
      });
      await untilTrue("it holds all", () => one.stats().held === 4);
      const stopping = one.stop();
      open();
      await stopping;
    }
    const rest = await start(type, { database: db, maxDeliver: 3 });
    await untilTrue("all is dealt with", async () => (await pendingOf(type)) === 0);
    expect(rest.stats()).toMatchObject({ dead: 0 });
    expect(seen.sort()).toEqual(ids.sort());
    expect(await lettersOf(type)).toEqual([]);
  });

  it("gives nothing up that it has nowhere to keep, and says so", async () => {
    const type = aType();
    await publish(type, "p");
    const errors: unknown[] = [];
    const one = await start(type, {
      maxDeliver: 1,
      ackWaitMs: 500,
      handler: () => Promise.reject(new Error("no")),
      onError: (error) => errors.push(error),
    });
    await untilTrue("it says so", () =>
      errors.some((error) => error instanceof SyncError && /nowhere/.test(error.message)),
    );
    expect(one.stats().dead).toBe(0);
    expect(await pendingOf(type)).toBe(1);
  });

  it("keeps what consumers give up apart, however long their names are", async () => {
    const { db } = lab();
    const type = aType();
    const name = `${type}-mailer-of-the-department-of-finance-in-`;
    await publish(type, "p");
    const options = { database: db, maxDeliver: 1, handler: () => Promise.reject(new Error("no")) };
    const both = [
      await start(type, { ...options, durable: `${name}europe` }),
      await start(type, { ...options, durable: `${name}america` }),
    ];
    await untilTrue("both have given up", () => both.every((one) => one.stats().dead === 1));
    const pipes = await db.write.anyFirst(
      sql.type(z.object({ pipe: z.string() }))`
        SELECT d.pipe::TEXT AS pipe FROM sync.dead_letters AS d WHERE starts_with(d.pipe, ${`consume:${type}-mailer`})`,
    );
    expect(new Set(pipes).size).toBe(2);
  });

  it("begins nothing more when its time to stop is over", async () => {
    const type = aType();
    await publish(type, "p", 2);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const begun: string[] = [];
    const one = await start(type, {
      concurrency: 1,
      maxDeliver: 1,
      stopTimeoutMs: 50,
      handler: async ({ id }) => {
        begun.push(id);
        await gate;
      },
    });
    await untilTrue("it holds both", () => one.stats().held === 2);
    await one.stop();
    open();
    // The one that waited in line is given back, and comes again at once.
    const consumer = await lab().link.js.consumers.get("TASK_EXECUTION", type);
    const back = await consumer.next({ expires: 10_000 });
    expect(back?.info.deliveryCount).toBe(2);
    expect(begun).toHaveLength(1);
    expect(begun).not.toContain(back?.json<{ id: string }>().id);
    back?.ack();
  });

  it("keeps what a process had when it died, where it is tried only once, and refuses a consumer that would lose it", async () => {
    const { db, link } = lab();
    const type = aType();
    const [bad] = await publish(type, "p");
    await limited(type, -1);
    // A process that takes it and dies.
    const consumer = await link.js.consumers.get("TASK_EXECUTION", type);
    (await consumer.next())?.nak();
    const tried: number[] = [];
    const one = await start(type, { database: db, maxDeliver: 1, handler: () => void tried.push(1) });
    await untilTrue("it is given up", () => one.stats().dead === 1);
    expect(await lettersOf(type)).toMatchObject([{ code: "NEVER_ENDED", key: bad, attempts: 1 }]);
    expect(tried).toEqual([]);
    const other = aType();
    await limited(other, 1);
    await expect(start(other, { database: db, maxDeliver: 1 })).rejects.toMatchObject({
      code: "TOPOLOGY",
      message: expect.stringContaining("max_deliver 1"),
      hint: expect.stringContaining("2 or more"),
    });
  });

  it("stops in bounded time when a handler does not, and does not acknowledge its message", async () => {
    const type = aType();
    await publish(type, "p");
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    let aborted = false;
    const one = await start(type, {
      ackWaitMs: 500,
      stopTimeoutMs: 100,
      handler: async (_, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        await gate;
        throw new Error("stopped");
      },
    });
    await untilTrue("it holds it", () => one.stats().held === 1);
    const begun = performance.now();
    await one.stop();
    expect(performance.now() - begun).toBeLessThan(2_500);
    expect(aborted).toBe(true);
    open();
    const next = await start(type, {});
    await untilTrue("another has done it", () => next.stats().handled === 1);
  });

  it("goes on by itself when nats-server was killed", async () => {
    const { nats } = lab();
    const type = aType();
    const first = await publish(type, "p", 50);
    const seen = new Set<string>();
    const one = await start(type, { ackWaitMs: 1_000, handler: ({ id }) => void seen.add(id) });
    await untilTrue("the first are done", () => one.stats().handled >= 50);
    await nats.kill();
    await nats.start();
    await untilTrue("the server takes messages", () =>
      publish(type, "q", 1).then(
        () => true,
        () => false,
      ),
    );
    const more = await publish(type, "r", 50);
    await untilTrue("all are done", () => [...first, ...more].every((id) => seen.has(id)));
    expect(one.status().state).toBe("running");
  });

  it("keeps what failed as often as the server delivers, on a consumer of the topology", async () => {
    const { db, link } = lab();
    const type = aType();
    await limited(type, 3);
    const [bad] = await publish(type, "p");
    const attempts: number[] = [];
    const one = await start(type, {
      database: db,
      handler: (_event, { attempt }) => {
        attempts.push(attempt);
        throw new Error("no");
      },
    });
    await untilTrue("it is given up", async () => one.stats().dead === 1);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await lettersOf(type)).toEqual([
      { code: "ATTEMPTS_EXHAUSTED", reason: "no", key: bad, attempts: 3 },
    ]);
    await untilTrue("the server has it no more", async () => (await pendingOf(type)) === 0);
    await link.manager.consumers.delete("TASK_EXECUTION", type);
  });

  it("keeps what the server delivers for the last time, when its processes died of it before", async () => {
    const { db, link } = lab();
    const type = aType();
    await limited(type, 5);
    const [bad] = await publish(type, "p");
    const consumer = await link.js.consumers.get("TASK_EXECUTION", type);
    for (let turn = 0; turn < 4; turn += 1) (await consumer.next())?.nak();
    const tried: number[] = [];
    await start(type, { database: db, handler: () => void tried.push(1) });
    await untilTrue("it is kept", async () => (await lettersOf(type)).length === 1);
    expect(await lettersOf(type)).toMatchObject([{ code: "NEVER_ENDED", key: bad, attempts: 4 }]);
    expect(tried).toEqual([]);
  });

  it("gives up an event for which the key cannot be told, and deals with the others", async () => {
    const { db } = lab();
    const type = aType();
    const [bad] = await publish(type, "bad");
    await publish(type, "p", 5);
    const errors: unknown[] = [];
    const one = await start(type, {
      database: db,
      orderedBy: ({ data }) => {
        if (data.priority === "bad") throw new Error("no key");
        return "all";
      },
      onError: (error) => errors.push(error),
    });
    await untilTrue("all is dealt with", async () => (await pendingOf(type)) === 0 && one.stats().held === 0);
    expect(one.stats()).toMatchObject({ handled: 5, dead: 1, held: 0 });
    expect(await lettersOf(type)).toMatchObject([{ code: "UNREADABLE", reason: "no key", key: bad }]);
    expect(errors).toEqual([]);
  });

  it("goes on when those that it tells throw", async () => {
    const { db } = lab();
    const type = aType();
    await publish(type, "p", 3);
    const warned: string[] = [];
    const hear = (warning: Error) => warned.push(warning.message);
    process.on("warning", hear);
    const one = await start(type, {
      database: db,
      maxDeliver: 2,
      handler: () => {
        throw new Error("never");
      },
      onError: () => {
        throw new Error("deaf");
      },
      onDead: async () => {
        throw new Error("deaf, too");
      },
    });
    await untilTrue("all is given up", async () => (await pendingOf(type)) === 0 && one.stats().dead === 3);
    process.off("warning", hear);
    expect(await lettersOf(type)).toHaveLength(3);
    expect(one.stats()).toMatchObject({ failed: 6, held: 0 });
    expect(warned).toContain("a listener threw: deaf");
  });

  it("counts a handler that takes longer than its time as failed, tells it, and tries again", async () => {
    const type = aType();
    await publish(type, "p");
    const { promise: never } = Promise.withResolvers<void>();
    const told: unknown[] = [];
    const errors: unknown[] = [];
    const one = await start(type, {
      handlerTimeoutMs: 100,
      onError: (error) => errors.push(error),
      handler: async (_event, { attempt, signal }) => {
        if (attempt > 1) return;
        signal.addEventListener("abort", () => told.push(signal.reason));
        await never;
      },
    });
    await untilTrue("it is dealt with", async () => (await pendingOf(type)) === 0);
    expect(one.stats()).toMatchObject({ handled: 1, failed: 1, held: 0 });
    expect(told).toMatchObject([{ code: "TIMEOUT" }]);
    expect(errors).toEqual(told);
  });

  it("says that it is stuck while no handler ends, and that it runs when one has", async () => {
    const type = aType();
    await publish(type, "p", 3);
    const { promise: end, resolve } = Promise.withResolvers<void>();
    const one = await start(type, {
      concurrency: 1,
      handlerTimeoutMs: 0,
      stuckAfterMs: 100,
      handler: () => end,
    });
    await untilTrue("it is stuck", async () => one.status().state === "stuck");
    expect(one.status().why).toMatch(/no handler has ended for \d+ ms/);
    resolve();
    await untilTrue("it runs", async () => one.status().state === "running" && one.stats().handled === 3);
  });

  it("gives events of agents whose id is any UUID, and keeps a number that is beyond JavaScript's", async () => {
    const { db, link } = lab();
    const agent = "11111111-1111-1111-1111-111111111111";
    const subject = `agents.state.${agent}.k`;
    const put = (value: string) =>
      link.js.publish(
        subject,
        `{"schema":1,"id":"${randomUUID()}","occurred_at":"2026-01-01T00:00:00Z","kind":"state","operation":"put",
          "tenant":null,"origin":"flush","data":{"agent_id":"${agent}","state_key":"k","operation":"put","version":1,"value":${value}}}`,
      );
    const seen: unknown[] = [];
    await put("1");
    await put("1e400");
    const one = await consume(link, {
      subject: `agents.state.${agent}.>`,
      durable: "any-uuid",
      database: db,
      handler: ({ data }) => void seen.push(data.value),
    });
    running.push(one);
    await untilTrue("both are dealt with", async () => one.stats().handled + one.stats().dead === 2);
    expect(seen).toEqual([1]);
    expect(await lettersOf("any-uuid")).toMatchObject([{ code: "UNREADABLE" }]);
  });

  it("refuses a durable name that is for another subject, a subject of no stream, and bad numbers", async () => {
    const type = aType();
    await start(type, {});
    const other = consume(lab().link, { subject: "tasks.failed.>", durable: type, handler: () => {} });
    await expect(other).rejects.toMatchObject({ code: "TOPOLOGY" });
    const none = consume(lab().link, { subject: "nothing.>", durable: "none", handler: () => {} });
    await expect(none).rejects.toBeInstanceOf(SyncError);
    await expect(start(type, { concurrency: 0 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
