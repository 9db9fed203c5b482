import { createDatabase, type Database, sql } from "@mister-smith/client";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, type NatsLink, stateSubject } from "@mister-smith/sync";
import { createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type RunningSmithd, runSmithd } from "./run-smithd.ts";

const nothing = z.object({});
const patience = { timeout: 20_000, interval: 50 };
const longPatience = { ...patience, timeout: 60_000 };

describe("smithd", () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let nats: EmbeddedNats;
  let link: NatsLink;
  let agentId: string;
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    nats = await startNats();
    database = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
    link = await connectNats({ servers: nats.url });
    ({ agentId } = await database.agents.register({ agentType: "tester", agentName: "of smithd" }));
  });
  afterAll(async () => {
    await link.close();
    await database.close();
    await nats.stop();
    await testDatabase.drop();
  });

  it("brings state to the table, tells how it is, and drains on SIGTERM", async () => {
    await using smithd = start();
    await ready(smithd);
    await put("plan", { steps: 1 });
    await expect.poll(() => row("plan"), patience).toEqual({ steps: 1 });
    expect(await smithd.page("/healthz")).toEqual({ status: 200, text: '{"status":"ok"}\n' });
    const { text } = await smithd.page("/metrics");
    expect(text).toMatch(/^smith_daemon_role_leader\{role="flush"\} 1$/m);
    expect(text).toMatch(/^smith_sync_flushed_keys_total [1-9]/m);
    expect(text).toMatch(/^smith_sync_flush_lag_keys 0$/m);
    expect(text).toMatch(/^smith_daemon_part_state\{part="relay",state="running"\} 1$/m);
    expect(text).toMatch(/^smith_sync_agents\{life="active"\} 1$/m);
    expect(text).toMatch(/^smith_sync_agents\{life="expired"\} 0$/m);
    expect(JSON.parse((await smithd.page("/readyz")).text)).toMatchObject({
      agents: { hydrating: 0, active: 1, flushing: 0, expired: 0 },
    });
    expect((await smithd.page("/else")).status).toBe(404);
    await put("last", "words");
    smithd.signal("SIGTERM");
    expect(await smithd.ended).toBe(0);
    expect(smithd.log.at(-1)).toMatchObject({ level: "info", msg: "drained" });
    expect(await leaders()).toEqual([]);
  });

  it("tells of an alert in its log when it fires, and when it is over", async () => {
    const threshold = (warning: number) =>
      run(sql.type(nothing)`
        UPDATE monitoring.alert_thresholds
        SET warning_threshold = ${warning}, critical_threshold = NULL, hold_for = '0', check_interval = '100 ms'
        WHERE metric_name = 'connection_pool_usage_percent'`);
    await using smithd = start({ SMITH_DAEMON_MONITOR_INTERVAL_MS: "1000" });
    await ready(smithd);
    await threshold(0.01);
    await expect.poll(() => said(smithd, "alert: connection_pool_usage_percent").length, patience).toBe(1);
    await threshold(99.9);
    await expect
      .poll(() => said(smithd, "alert over: connection_pool_usage_percent").length, patience)
      .toBe(1);
    expect(said(smithd, "alert: connection_pool_usage_percent")).toMatchObject([
      { level: "warn", alert: { state: "firing", severity: "warning" } },
    ]);
  });

  it("captures the plans of slow statements, says which changed, and drops those that were not seen for long", async () => {
    await run(sql.type(nothing)`CREATE EXTENSION IF NOT EXISTS pg_stat_statements`);
    await run(
      sql.type(nothing)`CREATE TABLE public.slow AS SELECT n AS id FROM generate_series(1, 20000) AS n`,
    );
    await run(sql.type(nothing)`ANALYZE public.slow`);
    const slow = () => run(sql.type(nothing)`SELECT pg_sleep(0.3) FROM public.slow WHERE id = 7`);
    const ways = () =>
      database.write.oneFirst(sql.type(z.object({ count: z.int() }))`
        SELECT count(*)::INTEGER AS count FROM monitoring.query_plans WHERE query_text LIKE '%public.slow WHERE%'`);
    await run(sql.type(nothing)`
      INSERT INTO monitoring.query_plans (query_hash, query_text, plan_json, seen_at)
      VALUES ('old', 'SELECT', '[]', now() - INTERVAL '1 year')`);
    const capturing = {
      SMITH_DAEMON_MONITOR_INTERVAL_MS: "1000",
      SMITH_DAEMON_PLANS_INTERVAL_MS: "1000",
      SMITH_DAEMON_REAP_INTERVAL_MS: "1000",
    };
    await using smithd = start(capturing);
    await ready(smithd);
    await slow();
    await expect.poll(ways, patience).toBe(1);
    await run(sql.type(nothing)`CREATE INDEX slow_id ON public.slow (id)`);
    await slow();
    await expect.poll(ways, patience).toBe(2);
    await expect
      .poll(() => said(smithd, "a statement is planned otherwise than before"), patience)
      .toMatchObject([{ level: "warn", planId: expect.any(String), previousId: expect.any(String) }]);
    const old = sql.type(nothing)`SELECT FROM monitoring.query_plans WHERE query_hash = 'old'`;
    await expect.poll(() => database.write.exists(old), patience).toBe(false);
    await run(sql.type(nothing)`DROP TABLE public.slow`);
  });

  it("leaves the roles to another one within seconds when it is killed", async () => {
    await using first = start();
    await ready(first);
    await using second = start();
    await ready(second);
    expect((await second.page("/metrics")).text).toMatch(/^smith_daemon_role_leader\{role="flush"\} 0$/m);
    first.signal("SIGKILL");
    await first.ended;
    await put("after", 1);
    await expect.poll(() => row("after"), patience).toBe(1);
    expect((await second.page("/metrics")).text).toMatch(/^smith_daemon_role_leader\{role="flush"\} 1$/m);
  });

  it("shows what only a leader knows while it leads, and no old values afterwards", async () => {
    const known = [
      "smith_sync_flush_lag_keys",
      "smith_sync_flush_lag_seconds",
      "smith_sync_agents",
      "smith_sync_verify_running",
      "smith_sync_verify_open_differences",
      "smith_pg_connections",
      "smith_jetstream_stream_messages",
    ];
    const shown = async (smithd: RunningSmithd) => {
      const lines = (await smithd.page("/metrics")).text.split("\n");
      return known.filter((name) => lines.some((line) => line.startsWith(name)));
    };
    // None of them is to lose a role by a pause of the machine.
    // On a busy machine a question of the monitor's is late at times: it is soon asked anew.
    const lease = { SMITH_DAEMON_LEASE_TTL_MS: "2500", SMITH_DAEMON_MONITOR_INTERVAL_MS: "2000" };
    await using first = start(lease);
    await ready(first);
    await expect.poll(() => shown(first), patience).toEqual(known);
    await using second = start(lease);
    await ready(second);
    expect(await shown(second)).toEqual([]);
    first.signal("SIGSTOP");
    await expect.poll(() => shown(second), patience).toEqual(known);
    first.signal("SIGCONT");
    const lost = () => said(first, "leads no more").map(({ role }) => role);
    await expect.poll(lost, patience).toEqual(expect.arrayContaining(["flush", "hydrate", "evict"]));
    expect(await shown(first)).toEqual([]);
  });

  it("has no cycle: what is written by SQL reaches the bucket once, and its event the stream", async () => {
    await using smithd = start();
    await ready(smithd);
    await put("both", "bucket");
    await expect.poll(() => row("both"), patience).toBe("bucket");
    await database.state.put({ agentId, stateKey: "both", stateValue: "sql" });
    await expect.poll(() => inBucket("both"), patience).toBe("sql");
    const last = (await link.manager.streams.info("KV_AGENT_STATE")).state.last_seq;
    const { version } = (await database.state.get({ agentId, stateKey: "both" })) ?? { version: 0 };
    await put("other", 1);
    await expect.poll(() => row("other"), patience).toBe(1);
    expect((await link.manager.streams.info("KV_AGENT_STATE")).state.last_seq).toBe(last + 1);
    expect(await database.state.get({ agentId, stateKey: "both" })).toMatchObject({ version });
    const event = await link.manager.streams.getMessage("AGENT_STATE", {
      last_by_subj: `agents.state.${agentId}.both`,
    });
    expect(event?.json()).toMatchObject({
      kind: "state",
      origin: "sql",
      data: { state_key: "both", value: "sql" },
    });
  });

  it("makes both stores equal by itself when the bucket was deleted", async () => {
    await using smithd = start();
    await ready(smithd);
    await put("again", 1);
    await expect.poll(() => row("again"), patience).toBe(1);
    await expect.poll(() => said(smithd, "both stores are equal").length, patience).toBeGreaterThan(0);
    const before = said(smithd, "both stores are equal").length;
    await link.manager.streams.delete("KV_AGENT_STATE");
    await expect.poll(() => inBucket("again"), patience).toBe(1);
    await expect.poll(() => said(smithd, "both stores are equal").length, patience).toBeGreaterThan(before);
    expect(said(smithd, "both stores are equal").at(-1)).toMatchObject({ isClean: true, openDifferences: 0 });
    const { text } = await smithd.page("/metrics");
    expect(text).toMatch(/^smith_sync_verified_keys_total [1-9]/m);
    expect(text).toMatch(/^smith_sync_verify_running 0$/m);
    expect(text).toMatch(/^smith_sync_verify_open_differences 0$/m);
  });

  it("brings back what the bucket holds when PostgreSQL was restored from an older backup, and names what is lost", async () => {
    const keys = { kept: "old", newer: "old", evicted: "old" };
    await using first = start({ SMITH_SYNC_EVICT_STATE_TTL_MS: "86400000" });
    await ready(first);
    for (const [key, value] of Object.entries(keys)) await put(key, value);
    await expect.poll(() => row("evicted"), patience).toBe("old");
    await run(sql.type(nothing)`CREATE TABLE public.backup_state AS
      SELECT agent_id, state_key, state_value, version, created_at, expires_at FROM agents.state`);
    await run(sql.type(nothing)`CREATE TABLE public.backup_position AS SELECT * FROM sync.positions`);
    await put("evicted", "lost");
    await put("newer", "new");
    await expect.poll(() => row("newer"), patience).toBe("new");
    await expect.poll(() => eventValue("evicted"), patience).toBe("lost");
    first.signal("SIGTERM");
    expect(await first.ended).toBe(0);
    await link.manager.streams.purge("KV_AGENT_STATE", {
      filter: stateSubject({ agentId, stateKey: "evicted" }),
    });
    // The restore: nothing tells of it.
    await database.transaction(async (tx) => {
      await tx.query(sql.type(nothing)`SET LOCAL session_replication_role = replica`);
      await tx.query(sql.type(nothing)`DELETE FROM agents.state`);
      await tx.query(sql.type(nothing)`
        INSERT INTO agents.state (agent_id, state_key, state_value, version, created_at, expires_at)
        SELECT agent_id, state_key, state_value, version, created_at, expires_at FROM public.backup_state`);
      await tx.query(sql.type(nothing)`DELETE FROM sync.positions`);
      await tx.query(sql.type(nothing)`INSERT INTO sync.positions SELECT * FROM public.backup_position`);
    });

    await using second = start();
    await ready(second);
    await expect.poll(() => row("newer"), patience).toBe("new");
    await expect.poll(() => said(second, "both stores are not equal").length, patience).toBe(1);
    expect(said(second, "both stores are not equal")[0]).toMatchObject({ byCause: { lost: 1 } });
    expect(second.log).toContainEqual(
      expect.objectContaining({ level: "warn", cause: "lost", stateKey: "evicted", repair: "not-possible" }),
    );
    expect((await second.page("/metrics")).text).toMatch(
      /^smith_sync_verify_differences_total\{cause="lost",repair="not-possible"\} 1$/m,
    );
  });

  it("is not ready while a pipe is stuck, says which, and is again when it goes on", async () => {
    await using smithd = start({ SMITH_DAEMON_STUCK_AFTER_MS: "600" });
    await ready(smithd);
    await database.connect(async (holder) => {
      await holder.query(sql.type(nothing)`BEGIN`);
      await holder.query(sql.type(nothing)`LOCK TABLE agents.state IN ACCESS EXCLUSIVE MODE`);
      await put("stuck", 1);
      await expect.poll(async () => (await smithd.page("/readyz")).status, patience).toBe(503);
      expect(JSON.parse((await smithd.page("/readyz")).text)).toMatchObject({
        ready: false,
        why: [expect.stringContaining("flush is stuck")],
      });
      expect((await smithd.page("/healthz")).status).toBe(200);
      await holder.query(sql.type(nothing)`ROLLBACK`);
    });
    await ready(smithd);
    await expect.poll(() => row("stuck"), patience).toBe(1);
  });

  it("is not ready while no role can be asked for, as nobody may lead then", async () => {
    await using smithd = start({ SMITH_DAEMON_STUCK_AFTER_MS: "600" });
    await ready(smithd);
    await database.connect(async (holder) => {
      await holder.query(sql.type(nothing)`BEGIN`);
      await holder.query(sql.type(nothing)`LOCK TABLE sync.leases IN ACCESS EXCLUSIVE MODE`);
      await expect.poll(async () => (await smithd.page("/readyz")).status, patience).toBe(503);
      // Another role may be in doubt first.
      await expect
        .poll(async () => (await smithd.page("/readyz")).text, patience)
        .toContain("the role flush cannot be asked for");
      await holder.query(sql.type(nothing)`ROLLBACK`);
    });
    await ready(smithd);
  });

  it("ends with exit code 1, and says what was late, when it could not drain in time", async () => {
    await using smithd = start({ SMITH_DAEMON_DRAIN_TIMEOUT_MS: "100" });
    await ready(smithd);
    await database.connect(async (holder) => {
      await holder.query(sql.type(nothing)`BEGIN`);
      await holder.query(sql.type(nothing)`LOCK TABLE agents.state IN ACCESS EXCLUSIVE MODE`);
      await put("late", 1);
      await expect
        .poll(async () => (await smithd.page("/metrics")).text, patience)
        .toMatch(/^smith_sync_flush_lag_keys [1-9]/m);
      smithd.signal("SIGTERM");
      const late = "what did not come to its end in time is left to the next leader";
      await expect.poll(() => said(smithd, late), patience).toMatchObject([{ level: "warn" }]);
      await holder.query(sql.type(nothing)`ROLLBACK`);
    });
    expect(await smithd.ended).toBe(1);
    expect(said(smithd, "not drained in time; `daemon.drainTimeoutMs` gives it longer")).toMatchObject([
      { level: "error", late: expect.arrayContaining(["flush"]) },
    ]);
    expect(said(smithd, "drained")).toEqual([]);
  });

  it("waits for servers that are away, and comes up by itself when they are there", async () => {
    await nats.stop().catch(() => {});
    nats = await startNats({ port: nats.port });
    await nats.kill();
    await using smithd = start();
    await expect.poll(async () => (await smithd.page("/readyz")).status, patience).toBe(503);
    expect((await smithd.page("/readyz")).text).toContain("it waits for PostgreSQL and NATS");
    expect((await smithd.page("/metrics")).text).not.toMatch(/^smith_sync_relay_lag_seconds/m);
    await nats.start();
    await ready(smithd);
    // The store of that server is a new one: what is in the table comes back.
    await expect.poll(() => inBucket("both"), patience).toBe("sql");
  });

  it.each([
    ["PostgreSQL", () => ({ SMITH_DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" })],
    ["NATS", () => ({ SMITH_NATS_URL: "nats://127.0.0.1:1" })],
  ])("ends on SIGTERM while it waits for %s, with exit code 0", async (server, away) => {
    await using smithd = start(away());
    const waits = `cannot reach ${server}; it is tried again`;
    await expect.poll(() => said(smithd, waits).length, longPatience).toBeGreaterThan(0);
    smithd.signal("SIGTERM");
    expect(await smithd.ended).toBe(0);
    expect(smithd.log.at(-1)).toMatchObject({ level: "info", msg: "ended before it ran" });
    expect(smithd.log.filter(({ level }) => level === "fatal")).toEqual([]);
  });

  it("does not work on a bucket that drops what was never flushed, says why, and does once it is gone", async () => {
    const { streams } = link.manager;
    const { config } = await streams.info("KV_AGENT_STATE");
    await streams.delete("KV_AGENT_STATE");
    await streams.add({ ...config, storage: "memory", max_age: 3e9, duplicate_window: 3e9 });
    await using smithd = start();
    await expect.poll(() => smithd.log.some(({ msg }) => msg === "topology"), patience).toBe(true);
    expect(smithd.log.find(({ msg }) => msg === "topology")).toMatchObject({
      level: "warn",
      name: "AGENT_STATE",
      outcome: "refused",
      reasons: [expect.stringContaining("another storage")],
    });
    expect((await smithd.page("/readyz")).status).toBe(503);
    expect((await smithd.page("/readyz")).text).toContain("may drop what was never flushed");
    await streams.delete("KV_AGENT_STATE");
    await ready(smithd);
    expect((await streams.info("KV_AGENT_STATE")).config).toMatchObject({ storage: "file", max_age: 0 });
  });

  it("refuses what it does not know, and a port that is taken, with the remedy", async () => {
    await using unknown = runSmithd(["--what"], {});
    expect(await unknown.ended).toBe(2);
    expect(unknown.stderr).toContain("hint: `smithd --help` shows what it takes.");
    await using wrong = start({ SMITH_DAEMON_LEASE_TTL_MS: "soon" });
    expect(await wrong.ended).toBe(2);
    expect(wrong.stderr).toContain("daemon.leaseTtlMs");
    await using crossed = start({ SMITH_SYNC_RELAY_MIN_POLL_MS: "500" });
    expect(await crossed.ended).toBe(2);
    expect(crossed.stderr).toContain("sync.relay.minPollMs");
    await using late = start({ SMITH_DAEMON_PORT: String(nats.port) });
    expect(await late.ended).toBe(1);
    expect(late.log.at(-1)).toMatchObject({ level: "fatal", error: { code: "PORT_TAKEN" } });
  });

  function start(env: Readonly<Record<string, string>> = {}): RunningSmithd {
    return runSmithd([], {
      SMITH_DATABASE_URL: testDatabase.url,
      SMITH_NATS_URL: nats.url,
      SMITH_DAEMON_LEASE_TTL_MS: "800",
      SMITH_SYNC_STREAMS_TASK_EXECUTION_MAX_BYTES: "67108864",
      ...env,
    });
  }

  async function ready(smithd: RunningSmithd): Promise<void> {
    await expect.poll(async () => (await smithd.page("/readyz")).status, patience).toBe(200);
  }

  function said(smithd: RunningSmithd, msg: string): readonly Record<string, unknown>[] {
    return smithd.log.filter((line) => line["msg"] === msg);
  }

  async function run(statement: Parameters<Database["write"]["query"]>[0]): Promise<void> {
    await database.write.query(statement);
  }

  async function eventValue(stateKey: string): Promise<unknown> {
    const event = await link.manager.streams
      .getMessage("AGENT_STATE", { last_by_subj: `agents.state.${agentId}.${stateKey}` })
      .catch(() => null);
    return event?.json<{ readonly data: { readonly value: unknown } }>().data.value;
  }

  async function put(stateKey: string, value: unknown): Promise<void> {
    await link.js.publish(stateSubject({ agentId, stateKey }), JSON.stringify(value));
  }

  async function row(stateKey: string): Promise<unknown> {
    return (await database.state.get({ agentId, stateKey }))?.stateValue;
  }

  async function inBucket(stateKey: string): Promise<unknown> {
    const message = await link.manager.streams
      .getMessage("KV_AGENT_STATE", { last_by_subj: stateSubject({ agentId, stateKey }) })
      .catch(() => null);
    return message?.json();
  }

  async function leaders(): Promise<readonly string[]> {
    return await database.write.anyFirst(
      sql.type(
        z.object({ role: z.string() }),
      )`SELECT l.role FROM sync.leases AS l WHERE l.holder IS NOT NULL`,
    );
  }
});
