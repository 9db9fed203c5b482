import { sql } from "@mister-smith/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  createFlusher,
  createStateStore,
  type Flusher,
  type StateChange,
  type StateStore,
  SyncError,
  stateStream,
  stateSubject,
} from "../../src/index.ts";
import { openSyncLab, recreateBucket, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let store: StateStore;
let agentId: string;

beforeAll(async () => {
  lab = await openSyncLab();
  store = await createStateStore({ link: lab.link, database: lab.database });
  agentId = await lab.agent();
});
afterAll(async () => {
  await store?.close();
  await lab?.[Symbol.asyncDispose]();
});

describe("a value in the store", () => {
  it("is read as it was put, whatever its key and content", async () => {
    const values = [null, 0, "", "é𝄞\\u0000", [1.5, { a: [] }], { "a.b": { c: true } }];
    for (const [at, value] of values.entries()) {
      const key = ["plain", "a.b", ".dots..", "key with ☃", "x=41", "*>"][at] ?? "";
      const { revision } = await store.put(agentId, key, value);
      expect(await store.get(agentId, key)).toMatchObject({ agentId, stateKey: key, value, revision });
    }
  });

  it("that another client wrote by the rule of keys is read, and a delete of it is seen", async () => {
    await lab.put(agentId, "foreign", { from: "elsewhere" });
    expect((await store.get(agentId, "foreign"))?.value).toEqual({ from: "elsewhere" });
    await lab.delete(agentId, "foreign");
    expect(await store.get(agentId, "foreign")).toBeUndefined();
  });

  it("is absent when it has expired, was deleted or never was", async () => {
    await store.put(agentId, "short", 1, { ttlMs: 1 });
    await expect.poll(() => store.get(agentId, "short")).toBeUndefined();
    await store.put(agentId, "long", 1, { expiresAt: new Date(Date.now() + 60_000) });
    expect((await store.get(agentId, "long"))?.expiresAt).toBeInstanceOf(Date);
    await store.delete(agentId, "long");
    expect(
      await store.getMany([
        { agentId, stateKey: "long" },
        { agentId, stateKey: "never" },
      ]),
    ).toEqual([undefined, undefined]);
  });

  it.each([
    [undefined, "$ is undefined"],
    [{ a: [Number.NaN] }, "$.a[0] is NaN"],
    [{ at: new Date(0) }, "$.at is an object of Date"],
    ["x\0y", "U+0000"],
    ["\ud800", "half a surrogate"],
    ["x".repeat(1_048_576), "1048578 bytes"],
  ])("is refused before anything is sent when it cannot be held: case %#", async (value, message) => {
    const before = await lab.link.manager.streams.info(stateStream);
    await expect(store.put(agentId, "bad", value as never)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message),
    });
    const writes = [
      { agentId, stateKey: "good", value: 1 },
      { agentId, stateKey: "bad", value: value as never },
    ];
    await expect(store.putMany(writes)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect((await lab.link.manager.streams.info(stateStream)).state.last_seq).toBe(before.state.last_seq);
  });

  it.each([
    ["", "empty"],
    ["x".repeat(256), "255"],
    ["a\0b", "NUL"],
  ])("is refused under a key that PostgreSQL cannot hold: case %#", async (key, message) => {
    await expect(store.put(agentId, key, 1)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message),
    });
    await expect(store.get("nobody", "key")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['"durabel" is no durability', (id) => store.put(id, "k", 1, { durability: "durabel" as never })],
    ['"merge" is no strategy', (id) => store.put(id, "k", 1, { onConflict: "merge" as never })],
    ["1 is no options", (id) => store.put(id, "k", 1, 1 as never)],
    ['"" is no writeId', (id) => store.put(id, "k", 1, { writeId: "" })],
    ["NaN is no revision", (id) => store.delete(id, "k", { expectedRevision: Number.NaN })],
    ["-1 is no revision", (id) => store.compareAndSet(id, "k", -1, 1)],
    [
      "NaN is no concurrency",
      (id) => store.putMany([{ agentId: id, stateKey: "k", value: 1 }], { concurrency: Number.NaN }),
    ],
    ["0 is no concurrency", (id) => store.getMany([{ agentId: id, stateKey: "k" }], { concurrency: 0 })],
    ["-5 is no revision", async (id) => store.watch({ agentId: id, from: { afterRevision: -5 } })],
    ['"begin" is nothing to begin with', async (id) => store.watch({ agentId: id, from: "begin" as never })],
    ["it is empty", async (id) => store.watch({ agentId: id, stateKey: "" })],
  ])("is not written, nor watched, with options that cannot be meant: %s", async (message, call) => {
    await expect(call(agentId)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
    expect(await store.get(agentId, "k")).toBeUndefined();
  });

  it("is not taken for another one, or for a delete, that bears the same name", async () => {
    const [first, second] = ["same 1", "same 2"];
    const writeId = "the same\r\nfor all";
    await store.put(agentId, first, 1, { writeId });
    await store.put(agentId, second, 2, { writeId });
    expect((await store.get(agentId, second))?.value).toBe(2);
    await store.delete(agentId, first, { writeId });
    expect(await store.get(agentId, first)).toBeUndefined();
  });

  it("must be what the schema of its key says, when it is put and when it is read", async () => {
    const schemas = { plan: z.strictObject({ steps: z.array(z.string()), tries: z.int().default(0) }) };
    await using strict = await createStateStore({ link: lab.link, schemas });
    await strict.put(agentId, "plan", { steps: ["read"] });
    expect((await store.get(agentId, "plan"))?.value).toEqual({ steps: ["read"], tries: 0 });
    await expect(strict.put(agentId, "plan", { steps: 1 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await lab.put(agentId, "plan", { steps: 1 });
    await expect(strict.get(agentId, "plan")).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  it("may be of any type that is JSON: an interface, read-only arrays, optional properties", async () => {
    interface Step {
      readonly text: string;
      readonly note?: string;
    }
    interface Plan {
      steps: readonly Step[];
      tries: number;
    }
    const plan: Plan = { steps: [{ text: "read" }], tries: 1 };
    const { revision } = await store.put(agentId, "typed", plan);
    await store.compareAndSet(agentId, "typed", revision, plan, { ttlMs: 60_000 });
    await store.put(agentId, "typed", plan, {
      onConflict: (current, given) => ({ ...given, tries: current === undefined ? 0 : given.tries + 1 }),
    });
    await store.putMany([
      { agentId, stateKey: "typed many", value: plan },
      { agentId, stateKey: "number", value: 1, ttlMs: 60_000 },
    ]);
    await store.putMany(plan.steps.map((value, at) => ({ agentId, stateKey: `step ${at}`, value })));
    expect((await store.get(agentId, "typed"))?.value).toEqual({ ...plan, tries: 2 });
    expect((await store.get(agentId, "typed many"))?.value).toEqual(plan);
    expect((await store.get(agentId, "step 0"))?.value).toEqual({ text: "read" });
  });

  it("is refused by the compiler, too, when it is no JSON", async () => {
    interface Dated {
      readonly at: Date;
    }
    const dated: Dated = { at: new Date(0) };
    const write = { agentId, stateKey: "no JSON" };
    const many = [
      { ...write, value: 1 },
      { ...write, value: dated },
    ];
    const refused = [
      // @ts-expect-error an interface with a Date
      store.put(agentId, "no JSON", dated),
      // @ts-expect-error a Date in a list
      store.put(agentId, "no JSON", [new Date(0)]),
      // @ts-expect-error a function
      store.put(agentId, "no JSON", { run: () => 1 }),
      // @ts-expect-error a class
      store.put(agentId, "no JSON", SyncError),
      // @ts-expect-error bigint
      store.put(agentId, "no JSON", { count: 1n }),
      // @ts-expect-error nothing
      store.put(agentId, "no JSON", undefined),
      // @ts-expect-error a property that is nothing
      store.put(agentId, "no JSON", { a: undefined }),
      // @ts-expect-error a symbol
      store.put(agentId, "no JSON", [Symbol("s")]),
      // @ts-expect-error an instance of a class with methods
      store.put(agentId, "no JSON", new SyncError("CLOSED", "closed")),
      // @ts-expect-error a Map
      store.put(agentId, "no JSON", new Map([["a", 1]])),
      // @ts-expect-error bytes
      store.compareAndSet(agentId, "no JSON", 0, new Uint8Array(1)),
      // @ts-expect-error one of many
      store.putMany(many),
    ];
    for (const each of refused) await expect(each).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(await store.get(agentId, "no JSON")).toBeUndefined();
  });

  it("is put, and read, by the thousand, and the keys are listed", async () => {
    const other = await lab.agent();
    const writes = Array.from({ length: 1_000 }, (_, at) => ({
      agentId: other,
      stateKey: `k${at}`,
      value: at,
    }));
    const written = await store.putMany(writes);
    expect(new Set(written.map(({ revision }) => revision)).size).toBe(1_000);
    expect((await store.getMany(writes)).map((state) => state?.value)).toEqual(
      writes.map(({ value }) => value),
    );
    await store.delete(other, "k0");
    await lab.database.state.put({ agentId: other, stateKey: "cold", stateValue: 1 });
    await lab.database.state.put({ agentId: other, stateKey: "k0", stateValue: "deleted in the bucket" });
    expect(await store.keys(other)).toEqual(
      [...writes.slice(1).map(({ stateKey }) => stateKey), "cold"].sort(),
    );
  });
});

describe("a write against others", () => {
  it("over a revision is done over that alone, and names both revisions otherwise", async () => {
    const { revision } = await store.compareAndSet(agentId, "cas", 0, "first");
    await expect(store.compareAndSet(agentId, "cas", 0, "again")).rejects.toMatchObject({
      code: "REVISION_CONFLICT",
      details: { expected: 0, actual: revision },
    });
    const second = await store.compareAndSet(agentId, "cas", revision, "second");
    await expect(store.compareAndSet(agentId, "cas", revision, "third")).rejects.toMatchObject({
      details: { expected: revision, actual: second.revision },
    });
    await expect(store.delete(agentId, "cas", { expectedRevision: revision })).rejects.toMatchObject({
      code: "REVISION_CONFLICT",
    });
    await store.delete(agentId, "cas", { expectedRevision: second.revision });
    await store.compareAndSet(agentId, "cas", 0, "after the delete");
    expect((await store.get(agentId, "cas"))?.value).toBe("after the delete");
  });

  it("over nothing is refused when only PostgreSQL has the key", async () => {
    await lab.database.state.put({ agentId, stateKey: "cold-cas", stateValue: "there" });
    await expect(store.compareAndSet(agentId, "cold-cas", 0, "new")).rejects.toMatchObject({
      code: "REVISION_CONFLICT",
    });
  });

  it("is done once by one of many who expect the same revision", async () => {
    const { revision } = await store.put(agentId, "race", 0);
    const all = await Promise.allSettled(
      Array.from({ length: 50 }, (_, at) => store.compareAndSet(agentId, "race", revision, at)),
    );
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("is merged with what others wrote: none of a hundred additions is lost", async () => {
    await using second = await createStateStore({ link: lab.link, maxMergeAttempts: 100 });
    await using first = await createStateStore({ link: lab.link, maxMergeAttempts: 100 });
    await lab.database.state.put({ agentId, stateKey: "sum", stateValue: 1000 });
    await store.get(agentId, "sum");
    const add = (current: unknown, given: unknown) => Number(current ?? 0) + Number(given);
    await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        (at % 2 === 0 ? first : second).put(agentId, "sum", 1, { onConflict: add, timeoutMs: 30_000 }),
      ),
    );
    expect((await store.get(agentId, "sum"))?.value).toBe(1100);
  });

  it("that is repeated under its name is stored once, also over what others wrote since", async () => {
    const first = await store.put(agentId, "once", 1, { writeId: "mine" });
    await store.put(agentId, "once", 2);
    expect((await store.put(agentId, "once", 1, { writeId: "mine" })).revision).toBe(first.revision);
    expect((await store.get(agentId, "once"))?.value).toBe(2);
    const made = await store.compareAndSet(agentId, "once-cas", 0, 1, { writeId: "made" });
    expect(await store.compareAndSet(agentId, "once-cas", 0, 1, { writeId: "made" })).toEqual(made);
  });
});

describe("a key that only PostgreSQL has", () => {
  it("is read through, with its expiry, and is in the bucket from then on, marked as not to be flushed", async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    await lab.database.state.put({ agentId, stateKey: "cold", stateValue: { a: 1 }, expiresAt });
    const read = await store.get(agentId, "cold");
    expect(read).toMatchObject({ value: { a: 1 }, expiresAt });
    const stored = await lab.link.manager.streams.getMessage(stateStream, {
      last_by_subj: stateSubject({ agentId, stateKey: "cold" }),
    });
    expect(stored?.header.get("Smith-Origin")).toBe("postgres");
    expect(stored?.seq).toBe(read?.revision);
  });

  it("never comes over a newer value or a delete of the bucket that is not flushed yet", async () => {
    await lab.database.state.put({ agentId, stateKey: "raced", stateValue: "old" });
    await lab.database.state.put({ agentId, stateKey: "gone", stateValue: "old" });
    await lab.delete(agentId, "gone");
    expect(await store.get(agentId, "gone")).toBeUndefined();
    const reads = Array.from({ length: 20 }, () => store.get(agentId, "raced"));
    const { revision } = await store.put(agentId, "raced", "new");
    await Promise.all(reads);
    const now = await store.get(agentId, "raced");
    expect(now).toMatchObject({ value: "new", revision });
  });

  it("is not read when it has expired, or without a database", async () => {
    await using alone = await createStateStore({ link: lab.link });
    await lab.database.state.put({ agentId, stateKey: "cold-alone", stateValue: 1 });
    expect(await alone.get(agentId, "cold-alone")).toBeUndefined();
    await expect(alone.put(agentId, "x", 1, { durability: "durable" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });
});

describe("a durable write", () => {
  let flusher: Flusher;
  beforeAll(async () => {
    flusher = createFlusher({ database: lab.database, link: lab.link });
    await flusher.start();
  });
  afterAll(() => flusher?.stop());

  it("resolves when PostgreSQL has it", async () => {
    for (let at = 0; at < 5; at += 1) {
      await store.put(agentId, "durable", at, { durability: "durable" });
      expect((await lab.rows(agentId))["durable"]?.value).toBe(at);
    }
    await store.delete(agentId, "durable", { durability: "durable" });
    expect((await lab.rows(agentId))["durable"]).toBeUndefined();
  });

  it("by the hundred waits for them all together", async () => {
    const writes = Array.from({ length: 500 }, (_, at) => ({ agentId, stateKey: `d${at}`, value: at }));
    const written = await store.putMany(writes, { durability: "durable" });
    expect(written.every(({ durability }) => durability === "durable")).toBe(true);
    const rows = await lab.rows(agentId);
    expect(writes.filter(({ stateKey, value }) => rows[stateKey]?.value !== value)).toEqual([]);
  });

  it("that PostgreSQL cannot hold is rejected with the reason, and those beside it are not", async () => {
    const nobody = crypto.randomUUID();
    const [bad, good] = await Promise.allSettled([
      store.put(nobody, "key", 1, { durability: "durable" }),
      store.put(agentId, "beside", 1, { durability: "durable" }),
    ]);
    expect(bad).toMatchObject({
      reason: { code: "DEAD_LETTERED", details: { reasonCode: "unknown-agent" } },
    });
    expect(good).toMatchObject({ status: "fulfilled" });
  });

  it("is rejected as well when the write that supersedes it was parked", async () => {
    const nobody = crypto.randomUUID();
    await flusher.stop();
    const waiting = Promise.allSettled(
      [1, 2, 3].map((value) => store.put(nobody, "key", value, { durability: "durable" })),
    );
    const subject = stateSubject({ agentId: nobody, stateKey: "key" });
    await expect
      .poll(async () => {
        const { state } = await lab.link.manager.streams.info(stateStream, { subjects_filter: subject });
        return state.subjects?.[subject];
      })
      .toBe(3);
    await flusher.start();
    expect((await waiting).map((each) => each.status === "rejected" && each.reason.code)).toEqual([
      "DEAD_LETTERED",
      "DEAD_LETTERED",
      "DEAD_LETTERED",
    ]);
    expect(await lab.rows(nobody)).toEqual({});
  });

  it("whose flush does not come in time is stored, and said to be of unknown durability", async () => {
    await flusher.stop();
    const late = store.put(agentId, "late", 1, { durability: "durable", timeoutMs: 300 });
    await expect(late).rejects.toMatchObject({
      code: "TIMEOUT",
      details: { outcome: "stored", durable: "unknown" },
    });
    expect((await store.get(agentId, "late"))?.value).toBe(1);
    await flusher.start();
    await expect.poll(async () => (await lab.rows(agentId))["late"]?.value).toBe(1);
  });

  it("into a bucket that is made anew is not taken for flushed by the old one's position", async () => {
    for (let at = 0; at < 20; at += 1) await store.put(agentId, "before", at);
    await store.put(agentId, "before", "last", { durability: "durable" });
    await flusher.stop();
    await recreateBucket(lab.link);
    await using fresh = await createStateStore({ link: lab.link, database: lab.database });
    const waiting = fresh.put(agentId, "anew", 1, { durability: "durable" });
    await expect(Promise.race([waiting, store.get(agentId, "anew").then(() => "not yet")])).resolves.toBe(
      "not yet",
    );
    expect((await lab.rows(agentId))["anew"]).toBeUndefined();
    await flusher.start();
    await waiting;
    expect((await lab.rows(agentId))["anew"]?.value).toBe(1);
    // The one that knew the old bucket cannot say which of them has its write.
    await expect(store.put(agentId, "anew", 2, { durability: "durable" })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    await store.put(agentId, "anew", 3, { durability: "durable" });
  });
});

describe("a watcher", () => {
  it("misses no change when somebody purges another key while it is behind", async () => {
    const watched = await lab.agent();
    await store.put(watched, "purged", 1);
    const values: unknown[] = [];
    let isHeld = true;
    for await (const change of watchAfter(watched)) {
      values.push(change.value);
      if (isHeld) {
        isHeld = false;
        await writeAndPurge();
      }
      if (change.stateKey === "last") break;
    }
    expect(values).toEqual(Array.from({ length: 602 }, (_, n) => n));

    function watchAfter(agentId: string) {
      const watch = store.watch({ agentId });
      void watch.ready.then(() => store.put(agentId, "first", 0));
      return watch;
    }

    async function writeAndPurge() {
      // More than the watcher takes at once: the rest waits at the server.
      for (let n = 1; n <= 600; n += 1) await store.put(watched, `key-${n}`, n);
      const subject = stateSubject({ agentId: watched, stateKey: "purged" });
      await lab.link.manager.streams.purge(stateStream, { filter: subject });
      await store.put(watched, "last", 601);
    }
  });

  it("sees what there is of each key, and every change after it, in order", async () => {
    const watched = await lab.agent();
    await store.put(watched, "a", 1);
    await store.put(watched, "a", 2);
    await store.put(watched, "b", 1);
    const stop = new AbortController();
    const seen: StateChange[] = [];
    const watching = (async () => {
      for await (const change of store.watch({ agentId: watched, from: "current", signal: stop.signal }))
        seen.push(change);
    })();
    await expect.poll(() => seen.length).toBe(2);
    await store.delete(watched, "a");
    await store.put(agentId, "a", "another agent's");
    await store.put(watched, "b", 2);
    await expect.poll(() => seen.length).toBe(4);
    stop.abort();
    await watching;
    expect(seen.map(({ stateKey, operation, value }) => [stateKey, operation, value])).toEqual([
      ["a", "put", 2],
      ["b", "put", 1],
      ["a", "delete", undefined],
      ["b", "put", 2],
    ]);
  });

  it("of one key begins after a revision, and sees nothing of other keys", async () => {
    const watched = await lab.agent();
    const { revision } = await store.put(watched, "a.b", 1);
    await store.put(watched, "a", "another");
    await store.put(watched, "a.b", 2);
    for await (const change of store.watch({
      agentId: watched,
      stateKey: "a.b",
      from: { afterRevision: revision },
    })) {
      expect(change).toMatchObject({ stateKey: "a.b", value: 2 });
      break;
    }
  });
});

it("nothing of the tests was parked but the write of an unknown agent", async () => {
  const parked = await lab.database.write.any(
    sql.type(z.object({ code: z.string() }))`SELECT d.reason_code AS code FROM sync.dead_letters AS d`,
  );
  expect(new Set(parked.map(({ code }) => code))).toEqual(new Set(["unknown-agent"]));
});
