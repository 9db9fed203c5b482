import { sql } from "@mister-smith/client";
import { startNats } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OutboxEvent } from "../../src/events/outbox-event.ts";
import { stateStream } from "../../src/keys/state-subject.ts";
import { projectStates } from "../../src/project/project-states.ts";
import { createStateStore } from "../../src/store/create-state-store.ts";
import { walkBucket } from "../../src/store/walk-bucket.ts";
import { verifyStores } from "../../src/verify/verify-stores.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

const many = 100;
const value = "x".repeat(400 * 1024);
const names = Array.from({ length: many }, (_, n) => `key-${n}`);

/** With 40 MB of values, and a server that closes a connection with more than 10 MB on the way. */
describe("values that have far more together than a server sends ahead", () => {
  let nats: Awaited<ReturnType<typeof startNats>>;
  let lab: SyncLab;
  let agentId: string;
  let breaks = 0;

  beforeAll(async () => {
    nats = await startNats({ settings: { max_pending: 10_000_000 } });
    lab = await openSyncLab({ nats });
    agentId = await lab.agent();
    for (const name of names) await lab.put(agentId, name, value);
    const status = lab.link.connection.status();
    void (async () => {
      for await (const { type } of status) if (type === "disconnect") breaks += 1;
    })();
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    await nats?.stop();
  });

  it("are walked over on one connection", async () => {
    const found: number[] = [];
    for await (const batch of walkBucket(lab.link, { headersOnly: false, batch: 500 }))
      found.push(...batch.map(({ data }) => data.length));
    expect(found).toEqual(names.map(() => value.length + 2));
    expect(breaks).toBe(0);
  });

  it("are compared on one connection", async () => {
    const report = await verifyStores(
      { database: lab.database, link: lab.link },
      { settleMs: 1, patienceMs: 1 },
    );
    // On a busy machine none stays as it is for long enough to be called different.
    const { keys, unsettled, byCause } = report;
    expect([keys, unsettled + (byCause["not-flushed"] ?? 0)]).toEqual([many, many]);
    expect(breaks).toBe(0);
  });

  it.each([["current"], [{ afterRevision: 0 }]] as const)(
    "are watched from %j on one connection",
    async (from) => {
      await using store = await createStateStore({ link: lab.link });
      const seen: string[] = [];
      for await (const { stateKey } of store.watch({ agentId, from })) {
        seen.push(stateKey);
        // What is written at once comes after what was there, by a request that may be over its bytes, too.
        if (seen.length === many) for (const name of names) await lab.put(agentId, name, value);
        if (seen.length === 2 * many) break;
      }
      expect(seen).toEqual([...names, ...names]);
      expect(breaks).toBe(0);
    },
  );

  it("are read by many at once on one connection", async () => {
    await using store = await createStateStore({ link: lab.link });
    const keys = names.map((stateKey) => ({ agentId, stateKey }));
    const [found, again] = await Promise.all([store.getMany(keys), store.getMany(keys)]);
    for (const states of [found, again])
      expect(states.map((state) => state?.value === value)).toEqual(keys.map(() => true));
    expect(breaks).toBe(0);
  });

  it("follow their rows on one connection", async () => {
    const { database, link } = lab;
    const { created, state } = await link.manager.streams.info(stateStream);
    await database.write.query(sql.unsafe`
      INSERT INTO sync.positions (pipe, stream, incarnation, sequence, stream_created)
      VALUES ('agent_state', ${stateStream}, 1, ${state.last_seq}, ${created}::TIMESTAMPTZ)
    `);
    await database.write.query(sql.unsafe`
      INSERT INTO agents.state (agent_id, state_key, state_value)
      SELECT ${agentId}, 'key-' || n, to_jsonb(repeat('y', ${value.length})) FROM generate_series(0, ${many - 1}) AS n
    `);
    const follow = projectStates(link, database.background);
    await Promise.all(
      names.map((name) => follow.apply({ aggregate: `state:${agentId}:${name}` } as OutboxEvent)),
    );
    const changed: string[] = [];
    for await (const batch of walkBucket(link, { headersOnly: false, batch: 500 }))
      changed.push(...batch.map(({ data }) => Buffer.from(data.subarray(0, 2)).toString()));
    expect(changed).toEqual(names.map(() => '"y'));
    expect(breaks).toBe(0);
  });
});
