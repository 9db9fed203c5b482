import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ClientError, type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { type HalfOpenProxy, halfOpenProxy } from "../support/half-open-proxy.ts";
import {
  addNote,
  addressOf,
  openDatabase,
  serverPort,
  sleepAndTellPort,
} from "../support/replicated-database.ts";
import {
  ask,
  postgresMajors,
  type ReplicatedServers,
  replicatedServers,
} from "../support/replicated-servers.ts";

const slowNote = (id: number) => sql.type(z.object({}))`
  INSERT INTO notes (id) SELECT ${id} FROM (SELECT pg_sleep(600)) AS slept
`;
const watch = { monitor: { intervalMs: 100, timeoutMs: 400 } };

describe.each(await postgresMajors())("a half-open network to PostgreSQL $major", ({ binDir }) => {
  let servers: ReplicatedServers;
  let toPrimary: HalfOpenProxy;
  let toReplica: HalfOpenProxy;
  let db: Database;
  beforeAll(async () => {
    servers = await replicatedServers({ binDir });
    toPrimary = await halfOpenProxy(servers.primary);
    toReplica = await halfOpenProxy(servers.replicas[0] ?? servers.primary);
  });
  afterAll(async () => {
    await toPrimary[Symbol.asyncDispose]();
    await toReplica[Symbol.asyncDispose]();
    await servers[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    toPrimary.pass();
    toReplica.pass();
    await db.close();
    // A server that sleeps does not notice that its client is gone.
    for (const { pid } of await sleeping())
      await ask(servers.primary.url, `SELECT pg_terminate_backend(${pid})`);
    await ask(servers.primary.url, "TRUNCATE notes");
  });

  it("in front of a replica is found by the probe: reads that run or wait there are answered elsewhere, and it is read from again when it is mended", async () => {
    const replica = throughProxy(toReplica);
    db = await openDatabase(
      { primaries: [servers.primary], replicas: [replica] },
      { ...watch, replica: { max: 4 } },
    );
    await eventually("the replica takes reads", replicaIsRead);
    const downs = countOf("down", addressOf(replica));
    const reads = Array.from({ length: 9 }, () => db.read.oneFirst(sleepAndTellPort(0.3)));
    await eventually("they run and wait there", () => {
      const pool = db.pools().find(({ name }) => name === "replica_0");
      return pool?.active === 3 && pool.waiting === 6;
    });
    toReplica.swallow();
    expect(await Promise.all(reads)).toEqual(Array(9).fill(servers.primary.port));
    expect(downs()).toBeGreaterThan(0);
    toReplica.pass();
    await eventually("the replica is read from again", replicaIsRead);
  });

  it("in front of the primary ends the write that runs as not known, and later writes wait until it is mended", async () => {
    db = await openDatabase({ primaries: [throughProxy(toPrimary)] }, watch);
    await db.write.one(addNote(1));
    const single = db.write.query(slowNote(9)).catch((error: unknown) => error);
    const inTransaction = db
      .transaction((tx) => tx.query(slowNote(10)), { retries: 0 })
      .catch((error: unknown) => error);
    await eventually("they run", async () => (await sleeping()).length === 2);
    toPrimary.swallow();
    expect(await single).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: false });
    // Its COMMIT was not sent: nothing was done.
    expect(await inTransaction).toMatchObject({
      code: "DATABASE",
      errorClass: "connection",
      retryable: true,
    });
    const later = db.write.one(addNote(3));
    toPrimary.pass();
    expect(await later).toEqual({ id: 3 });
  });

  it("is not seen in a pool whose connections are all in use for longer than a probe may take", async () => {
    db = await openDatabase(
      { primaries: [servers.primary] },
      { ...watch, primary: { max: 3, acquireTimeoutMs: 300 } },
    );
    const downs = countOf("down", addressOf(servers.primary));
    const held = Promise.withResolvers<void>();
    const holders = [1, 2].map(() => db.connect(() => held.promise));
    await eventually("all are in use", () => db.pools()[0]?.active === 2);
    const refused = await db.write.one(addNote(4)).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ClientError);
    expect(refused).toMatchObject({ code: "POOL_EXHAUSTED", retryable: true });
    // Ten probes and more have their own connection.
    for (let probe = 0; probe < 10; probe += 1) {
      const [primary] = (await db.health()).pools;
      expect(primary).toMatchObject({ reachable: true, healthy: true, breaker: "closed", active: 2 });
    }
    held.resolve();
    await Promise.all(holders);
    expect(await db.write.one(addNote(5))).toEqual({ id: 5 });
    expect(downs()).toBe(0);
    const [row] = await ask(
      servers.primary.url,
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'smith/primary'",
    );
    expect(row?.["n"]).toBeLessThanOrEqual(3);
  });

  function sleeping() {
    return ask(servers.primary.url, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
  }

  function throughProxy(proxy: HalfOpenProxy) {
    return { url: proxy.through(servers.primary.url) };
  }

  async function replicaIsRead(): Promise<boolean> {
    return (await db.read.oneFirst(serverPort)) === servers.replicas[0]?.port;
  }

  function countOf(status: string, address: string): () => number {
    let count = 0;
    db.on("server", (change) => {
      if (change.to === status && change.address === address) count += 1;
    });
    return () => count;
  }
});
