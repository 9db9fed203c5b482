import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { closeWatch } from "../support/replicated-database.ts";
import { ask } from "../support/replicated-servers.ts";

const one = sql.type(z.object({ one: z.int() }))`SELECT 1 AS one`;
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
    const url = new URL(database.url);
    url.username = role;
    db = await createDatabase({
      ...closeWatch,
      primary: { url: url.href, min: 0, idleTimeoutMs: 1 },
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
    await limitConnections(1);
    await eventually("connections are refused", () =>
      db.write.one(one).then(
        () => false,
        () => true,
      ),
    );
    while ((await health()).breaker === "closed") await db.write.one(one).catch(() => {});
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

  it("is not moved by what the server refuses", async () => {
    for (let time = 0; time < 20; time += 1) {
      await expect(db.write.one(broken)).rejects.toMatchObject({ code: "DATABASE", errorClass: "data" });
    }
    expect(changes).toEqual([]);
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

  async function limitConnections(limit: number): Promise<void> {
    await ask(database.url, `ALTER ROLE "${role}" CONNECTION LIMIT ${limit}`);
  }

  async function health() {
    const [primary] = (await db.health()).pools;
    if (primary === undefined) throw new Error("there is no pool");
    return primary;
  }
});
