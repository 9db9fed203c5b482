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

describe("smithd", () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let nats: EmbeddedNats;
  let link: NatsLink;
  let agentId: string;
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      template: {
        name: "sync",
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
    expect((await smithd.page("/else")).status).toBe(404);
    await put("last", "words");
    smithd.signal("SIGTERM");
    expect(await smithd.ended).toBe(0);
    expect(smithd.log.at(-1)).toMatchObject({ level: "info", msg: "drained" });
    expect(await leaders()).toEqual([]);
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
      expect((await smithd.page("/readyz")).text).toContain("the role flush cannot be asked for");
      await holder.query(sql.type(nothing)`ROLLBACK`);
    });
    await ready(smithd);
  });

  it("waits for servers that are away, and comes up by itself when they are there", async () => {
    await nats.stop().catch(() => {});
    nats = await startNats({ port: nats.port });
    await nats.kill();
    await using smithd = start();
    await expect.poll(async () => (await smithd.page("/readyz")).status, patience).toBe(503);
    expect((await smithd.page("/readyz")).text).toContain("it waits for PostgreSQL and NATS");
    await nats.start();
    await ready(smithd);
    // The store of that server is a new one: what is in the table comes back.
    await expect.poll(() => inBucket("both"), patience).toBe("sql");
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
