import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { consume, SyncError, type TaskEvent } from "../../src/index.ts";
import { useConsumerLab } from "../support/consumer-lab.ts";
import { untilTrue } from "../support/relay-lab.ts";

const { lab, aType, publish, publishOne, start, pendingOf, lettersOf, stopAfterwards } = useConsumerLab();

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
    stopAfterwards(one);
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
