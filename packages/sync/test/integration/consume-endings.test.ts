import { createDatabase, sql } from "@mister-smith/client";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type DeadMessage, SyncError } from "../../src/index.ts";
import { useConsumerLab } from "../support/consumer-lab.ts";
import { untilTrue } from "../support/relay-lab.ts";

const { lab, aType, publish, start, pendingOf, limited, lettersOf } = useConsumerLab();

describe("a consumer that gives up", () => {
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
});

describe("a consumer that stops", () => {
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
});
