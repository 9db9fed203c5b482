import { createDatabase, type Database, sql } from "@mister-smith/client";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, createStateStore, type NatsLink, stateSubject } from "@mister-smith/sync";
import { createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type RunningSmithd, runSmithd } from "./run-smithd.ts";

const nothing = z.object({});
const patience = { timeout: 60_000, interval: 100 };

let testDatabase: TestDatabase;
let owner: Database;
/** What an application is: it signs in as app_primary, and its background pool as app_background. */
let application: Database;
/** A member of app_background, with its rights alone, and as many connections as that role may have: others use that. */
const member = `smithd_${crypto.randomUUID().slice(0, 8)}`;
let nats: EmbeddedNats;
let link: NatsLink;

beforeAll(async () => {
  testDatabase = await createTestDatabase({
    template: {
      name: "migrated",
      prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
    },
  });
  nats = await startNats();
  owner = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
  await owner.write.query(
    sql.type(
      nothing,
    )`CREATE ROLE ${sql.identifier([member])} LOGIN CONNECTION LIMIT 5 IN ROLE app_background`,
  );
  application = await createDatabase({
    primary: { url: urlAs("app_primary"), min: 0, max: 2 },
    background: { user: "app_background", min: 0, max: 1 },
  });
  link = await connectNats({ servers: nats.url });
});
afterAll(async () => {
  await link?.close();
  await application?.close();
  await owner?.write.query(sql.type(nothing)`DROP ROLE IF EXISTS ${sql.identifier([member])}`);
  await owner?.close();
  await nats?.stop();
  await testDatabase?.drop();
});

describe("with the rights that the migrations give, and no others", () => {
  it("smithd does the work of every role as app_background, for an application that writes as app_primary", async () => {
    await using smithd = runSmithd([], {
      SMITH_DATABASE_URL: urlAs(member),
      SMITH_NATS_URL: nats.url,
      SMITH_DAEMON_TASKS_INTERVAL_MS: "200",
      SMITH_DAEMON_REAP_INTERVAL_MS: "1000",
      SMITH_DAEMON_PARTITIONS_INTERVAL_MS: "1000",
      SMITH_DAEMON_KEEP_DEAD_LETTERS_MS: "0",
      SMITH_SYNC_EVICT_STATE_TTL_MS: "1000",
      SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: "67108864",
    });
    await expect.poll(async () => (await smithd.page("/readyz")).status, patience).toBe(200);
    await run(sql.type(nothing)`SELECT sync.drop_published('0 seconds')`);
    const { agentId } = await application.agents.register({ agentType: "tester", agentName: "of grants" });

    // flush, relay and hydrate: state both ways, a bad write, and what happens in every table that tells.
    await link.js.publish(stateSubject({ agentId, stateKey: "plan" }), "1");
    await link.js.publish(stateSubject({ agentId, stateKey: "bad" }), "{bad");
    await expect.poll(() => rowOf(agentId, "plan"), patience).toBe(1);
    await expect.poll(() => letters("flush"), patience).toBe(1);
    await using store = await createStateStore({ link, database: application });
    await store.put(agentId, "durable", 2, { durability: "durable" });
    await application.state.put({ agentId, stateKey: "by SQL", stateValue: 3 });
    await application.agents.heartbeat(agentId);
    await application.sessions.create({ agentId, expiresInMs: 3_600_000 });
    await application.tasks.enqueue({ taskType: "build" });
    await expect.poll(() => eventsOf("state"), patience).toBeGreaterThan(0);
    await expect.poll(() => pendingEvents(), patience).toBe(0);

    // reap, and the upkeep of dead letters.
    await run(sql.type(nothing)`
      INSERT INTO agents.state (agent_id, state_key, state_value, created_at, expires_at)
      VALUES (${agentId}, 'expired', '1', now() - INTERVAL '2 hours', now() - INTERVAL '1 hour')`);
    await run(sql.type(nothing)`UPDATE sync.dead_letters SET retried_at = now() - INTERVAL '1 hour'`);
    await run(sql.type(nothing)`
      UPDATE sessions.active SET created_at = now() - INTERVAL '3 hours', last_activity = now() - INTERVAL '3 hours',
        expires_at = now() - INTERVAL '2 hours'`);
    await expect.poll(() => letters("flush"), patience).toBe(0);
    await expect.poll(() => rowOf(agentId, "expired"), patience).toBeUndefined();

    // tasks: a schedule that is due, a lease that ran out and is tried again or has failed for good, and what expired.
    await application.tasks.setSchedule({
      name: "nightly",
      cron: "0 3 * * *",
      task: { taskType: "nightly", uniqueKey: "nightly", orderKey: "nightly" },
    });
    await run(sql.type(nothing)`UPDATE tasks.schedules SET next_run_at = now() - INTERVAL '1 minute'`);
    await application.tasks.enqueueMany([
      { taskType: "again", orderKey: "o" },
      { taskType: "last", maxRetries: 0, orderKey: "o2" },
      { taskType: "late", expiresInMs: 1_000, uniqueKey: "u" },
    ]);
    await application.tasks.enqueue({
      taskType: "dependent",
      dependsOn: [(await taskOf("last")) ?? ""],
      orderKey: "o2",
    });
    await run(sql.type(nothing)`SELECT tasks.claim(${agentId}, '{again,last}', 10, INTERVAL '1 second')`);
    const statuses = async () =>
      Object.fromEntries(
        (
          await owner.write.any(
            sql.type(z.object({ type: z.string(), status: z.string() }))`
              SELECT q.task_type AS type, q.status::TEXT AS status FROM tasks.queue AS q`,
          )
        ).map(({ type, status }) => [type, status]),
      );
    await expect.poll(statuses, patience).toMatchObject({
      nightly: "pending",
      last: "failed",
      dependent: "cancelled",
    });
    await expect.poll(async () => (await statuses())["late"], patience).not.toBe("pending");

    // evict: what was idle for a second leaves the bucket.
    await expect
      .poll(async () => (await link.manager.streams.info("KV_AGENT_STATE")).state.num_subjects ?? 0, patience)
      .toBe(0);

    // What its page shows.
    for (const name of ["overview", "history", "alerts", "statements", "locks", "indexes", "measurements"])
      expect(await smithd.page(`/api/${name}`), name).toMatchObject({ status: 200 });

    expect(refusals(smithd)).toEqual([]);
    expect((await smithd.page("/readyz")).status).toBe(200);
    smithd.signal("SIGTERM");
    expect(await smithd.ended).toBe(0);
  }, 180_000);

  it("smithd waits where its role has too few connections left, with the remedy, and goes on when it has", async () => {
    const env = {
      SMITH_DATABASE_URL: urlAs(member),
      SMITH_NATS_URL: nats.url,
      SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: "67108864",
    };
    await using first = runSmithd([], env);
    await expect.poll(async () => (await first.page("/readyz")).status, patience).toBe(200);
    await using second = runSmithd([], env);
    const why = async () => (await second.page("/readyz")).text;
    await expect.poll(why, patience).toMatch(/too many connections for role|a daemon needs 4/);
    await run(sql.type(nothing)`ALTER ROLE ${sql.identifier([member])} CONNECTION LIMIT 8`);
    await expect.poll(why, patience).toContain(`the role ${member} may have 8 connections`);
    expect(second.log).toContainEqual(
      expect.objectContaining({
        level: "warn",
        error: expect.objectContaining({ hint: expect.stringContaining("CONNECTION LIMIT 12") }),
      }),
    );
    await run(sql.type(nothing)`ALTER ROLE ${sql.identifier([member])} CONNECTION LIMIT 10`);
    await expect.poll(async () => (await second.page("/readyz")).status, patience).toBe(200);
    expect((await first.page("/readyz")).status).toBe(200);
    expect(refusals(first)).toEqual([]);
  }, 180_000);

  it("smithd that others left too few connections when all were broken says so, with the remedy, and goes on when it has", async () => {
    const role = sql.identifier([member]);
    const enough = sql.type(nothing)`ALTER ROLE ${role} CONNECTION LIMIT 5`;
    await run(enough);
    await using smithd = runSmithd([], {
      SMITH_DATABASE_URL: urlAs(member),
      SMITH_NATS_URL: nats.url,
      SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: "67108864",
    });
    const readiness = async () => await smithd.page("/readyz");
    await expect.poll(async () => (await readiness()).status, patience).toBe(200);
    await run(sql.type(nothing)`ALTER ROLE ${role} CONNECTION LIMIT 2`);
    await run(sql.type(nothing)`
      SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.usename = ${member}`);
    await expect.poll(readiness, patience).toEqual({
      status: 503,
      text: expect.stringMatching(/needs \d: .*too many connections.*CONNECTION LIMIT/),
    });
    expect(smithd.log).toContainEqual(
      expect.objectContaining({
        level: "warn",
        msg: "PostgreSQL refuses a connection",
        error: expect.objectContaining({
          code: "TOO_FEW_CONNECTIONS",
          hint: expect.stringContaining("CONNECTION LIMIT"),
        }),
      }),
    );
    await run(enough);
    await expect.poll(async () => (await readiness()).status, patience).toBe(200);
  }, 180_000);
});

function urlAs(role: string): string {
  const url = new URL(testDatabase.url);
  url.username = role;
  return url.href;
}

/** What went wrong in any role. */
function refusals(smithd: RunningSmithd): readonly string[] {
  return smithd.log.flatMap(({ level, role, error, msg }) =>
    (level === "warn" || level === "error") && error !== undefined
      ? [`${role ?? msg}: ${(error as { readonly message?: string }).message}`]
      : [],
  );
}

async function run(statement: Parameters<Database["write"]["query"]>[0]): Promise<void> {
  await owner.write.query(statement);
}

async function rowOf(agentId: string, stateKey: string): Promise<unknown> {
  const value = await owner.write.maybeOneFirst(
    sql.type(z.object({ value: z.unknown() }))`
      SELECT s.state_value AS value FROM agents.state AS s WHERE s.agent_id = ${agentId} AND s.state_key = ${stateKey}`,
  );
  return value ?? undefined;
}

async function taskOf(type: string): Promise<string | null> {
  return await owner.write.maybeOneFirst(
    sql.type(z.object({ id: z.string() }))`
      SELECT q.task_id::TEXT AS id FROM tasks.queue AS q WHERE q.task_type = ${type}`,
  );
}

async function letters(pipe: string): Promise<number> {
  return await owner.write.oneFirst(
    sql.type(z.object({ count: z.int() }))`
      SELECT count(*)::INTEGER AS count FROM sync.dead_letters AS d WHERE d.pipe = ${pipe}`,
  );
}

async function eventsOf(kind: string): Promise<number> {
  return await owner.write.oneFirst(
    sql.type(z.object({ count: z.int() }))`
      SELECT count(*)::INTEGER AS count FROM sync.outbox AS o WHERE o.kind = ${kind}`,
  );
}

async function pendingEvents(): Promise<number> {
  return await owner.write.oneFirst(
    sql.type(z.object({ count: z.int() }))`SELECT count(*)::INTEGER AS count FROM sync.outbox_pending`,
  );
}
