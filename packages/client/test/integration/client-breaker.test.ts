import { setTimeout as pause } from "node:timers/promises";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ClientError, createDatabase, type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { closeWatch } from "../support/replicated-database.ts";
import { ask } from "../support/replicated-servers.ts";

const one = sql.type(z.object({ one: z.int() }))`SELECT 1 AS one`;
const sleep = sql.type(z.object({}))`SELECT FROM pg_sleep(600)`;
const broken = sql.type(z.object({ one: z.int() }))`SELECT 1 / 0 AS one`;

describe.each(clusters())("the circuit breaker of a server of PostgreSQL $major", (on) => {
  let database: TestDatabase;
  let role: string;
  let db: Database;
  const changes: string[] = [];
  beforeEach(async () => {
    database = await createTestDatabase({ cluster: on });
    role = `${database.name}_app`;
    await ask(database.url, `CREATE ROLE "${role}" LOGIN`);
    db = await createDatabase({
      ...closeWatch,
      primary: { url: urlOfRole(), min: 0, idleTimeoutMs: 1 },
      retry: { retries: 0 },
      circuitBreaker: { failureThreshold: 3, recoveryTimeoutMs: 700, halfOpenCalls: 3 },
    });
    changes.length = 0;
    db.on("breaker", ({ from, to }) => changes.push(`${from} ${to}`));
  });
  afterEach(async () => {
    await db.close();
    await ask(database.url, `DROP ROLE "${role}"`);
    await database.drop();
  });

  it("opens when connections are refused again and again though the server answers probes, fails fast, and closes by three trials", async () => {
    await openIt();
    expect(await health()).toMatchObject({
      healthy: false,
      reachable: true,
      breaker: "open",
      why: expect.stringContaining("its breaker is open"),
    });
    const refusal = await db.write.one(one).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "CIRCUIT_OPEN", details: { retryAfterMs: expect.any(Number) } });

    await limitConnections(-1);
    await eventually("calls go through again", () =>
      db.write.one(one).then(
        () => true,
        () => false,
      ),
    );
    expect((await health()).breaker).toBe("half-open");
    await db.write.one(one);
    await db.write.one(one);
    expect(changes.filter((change) => change !== "open half-open" && change !== "half-open open")).toEqual([
      "closed open",
      "half-open closed",
    ]);
    expect(await health()).toMatchObject({ healthy: true, breaker: "closed" });
  });

  it("lets further calls through when its trials have connections, however long they then take", async () => {
    await openIt();
    await limitConnections(-1);
    const refusal = await db.write.one(one).catch((error: unknown) => error);
    if (!(refusal instanceof ClientError)) throw new Error("the breaker has to be open");
    await pause(Number(refusal.details["retryAfterMs"]) + 20);
    const stop = new AbortController();
    const trials = [1, 2, 3].map(() =>
      db.write.query(sleep, { signal: stop.signal }).catch((error: unknown) => error),
    );
    await eventually("the trials run", async () => (await sleeping()).length === 3);
    expect(await db.write.one(one)).toEqual({ one: 1 });
    expect(changes.at(-1)).toBe("half-open closed");
    stop.abort();
    for (const ended of await Promise.all(trials)) expect(ended).toMatchObject({ code: "ABORTED" });
  });

  it("is not moved when sessions are terminated one by one", async () => {
    for (let time = 0; time < 4; time += 1) {
      const ended = db.write.query(sleep).catch((error: unknown) => error);
      await eventually("it runs", async () => (await sleeping()).length === 1);
      for (const { pid } of await sleeping()) await ask(database.url, `SELECT pg_terminate_backend(${pid})`);
      expect(await ended).toMatchObject({ code: "OUTCOME_UNKNOWN" });
      await eventually("the server is known to be up", async () => (await health()).reachable);
    }
    expect(changes).toEqual([]);
  });

  it("is not moved by what the server refuses", async () => {
    for (let time = 0; time < 20; time += 1) {
      await expect(db.write.one(broken)).rejects.toMatchObject({ code: "DATABASE", errorClass: "data" });
    }
    expect(changes).toEqual([]);
  });

  it("is not moved by statements that cannot be sent, which are refused before", async () => {
    const nul = sql.type(z.object({}))`SELECT 1 AS ${sql.identifier(["a\0b"])}`;
    const parameters = Array.from({ length: 65_536 }, (_, index) => sql.fragment`${index}`);
    const many = sql.type(z.object({}))`SELECT ARRAY[${sql.join(parameters, sql.fragment`,`)}] AS all`;
    for (const statement of [nul, many, nul, many]) {
      await expect(db.write.any(statement)).rejects.toMatchObject({ code: "INVALID_INPUT" });
      await expect(db.read.any(statement)).rejects.toMatchObject({ code: "INVALID_INPUT" });
      await expect(db.write.stream(statement)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: "INVALID_INPUT",
      });
    }
    expect(changes).toEqual([]);
    expect(await health()).toMatchObject({ healthy: true });
  });

  it.each(["08000", "57P03", "57P01", "53300"])(
    "is not moved by a code of connections on a session that goes on: %s",
    async (code) => {
      const raise = sql.type(z.object({}))`
      DO ${sql.literalValue(`BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '${code}'; END`)}
    `;
      for (let time = 0; time < 4; time += 1) {
        await expect(db.write.query(raise)).rejects.toMatchObject({
          code: "DATABASE",
          sqlState: code,
          errorClass: "other",
          retryable: false,
        });
      }
      expect(changes).toEqual([]);
      expect(await health()).toMatchObject({ healthy: true });
    },
  );

  it("is not moved by what fails elsewhere in the work of a transaction or a connection, which is not run again", async () => {
    const unreachable = { url: "postgres://nobody@127.0.0.1:1/nowhere", acquireTimeoutMs: 50 };
    await using elsewhere = await createDatabase({ primary: unreachable, retry: { retries: 0 } });
    const servers: unknown[] = [];
    db.on("server", (change) => servers.push(change));
    let begun = 0;
    for (let time = 0; time < 4; time += 1) {
      const work = async () => {
        begun += 1;
        await elsewhere.write.one(one);
      };
      await expect(db.transaction(work, { retries: 3 })).rejects.toMatchObject({ code: "NO_PRIMARY" });
      await expect(db.connect(work)).rejects.toMatchObject({ code: "NO_PRIMARY" });
    }
    expect(begun).toBe(8);
    expect(changes).toEqual([]);
    expect(servers).toEqual([]);
  });

  it("is not in doubt of a primary that refuses a write in a transaction that only reads", async () => {
    const servers: unknown[] = [];
    db.on("server", (change) => servers.push(change));
    const write = sql.type(z.object({}))`CREATE TABLE refused ()`;
    await expect(db.transaction((tx) => tx.query(write), { readOnly: true })).rejects.toMatchObject({
      errorClass: "read-only",
    });
    await ask(database.url, `ALTER ROLE "${role}" SET default_transaction_read_only = on`);
    await using readOnly = await createDatabase({ ...closeWatch, primary: { url: urlOfRole(), min: 0 } });
    await readOnly.write.one(one);
    readOnly.on("server", (change) => servers.push(change));
    await expect(readOnly.write.query(write)).rejects.toMatchObject({ errorClass: "read-only" });
    expect(servers).toEqual([]);
  });

  it("does not have calls wait for one another", async () => {
    const slow = db.write.one(
      sql.type(z.object({ slept: z.boolean() }))`SELECT pg_sleep(600) IS NOT NULL AS slept`,
      {
        signal: AbortSignal.timeout(60_000),
      },
    );
    const ended = slow.catch((error: unknown) => error);
    for (let time = 0; time < 20; time += 1) expect(await db.write.one(one)).toEqual({ one: 1 });
    await ask(
      database.url,
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
    );
    expect(await ended).toMatchObject({ errorClass: "cancelled" });
  });

  async function openIt(): Promise<void> {
    await limitConnections(1);
    await eventually("connections are refused", () =>
      db.write.one(one).then(
        () => false,
        () => true,
      ),
    );
    await eventually("the breaker opens", async () => {
      await db.write.one(one).catch(() => {});
      return (await health()).breaker !== "closed";
    });
  }

  function sleeping() {
    return ask(
      database.url,
      `SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND usename = '${role}'`,
    );
  }

  function urlOfRole(): string {
    const url = new URL(database.url);
    url.username = role;
    return url.href;
  }

  async function limitConnections(limit: number): Promise<void> {
    await ask(database.url, `ALTER ROLE "${role}" CONNECTION LIMIT ${limit}`);
  }

  async function health() {
    const [primary] = (await db.health()).pools;
    if (primary === undefined) throw new Error("there is no pool");
    return primary;
  }
});
