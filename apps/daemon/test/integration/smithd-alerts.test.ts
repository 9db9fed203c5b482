import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createDatabase, type Database, sql } from "@mister-smith/client";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, type NatsLink } from "@mister-smith/sync";
import { createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type RunningSmithd, runSmithd } from "./run-smithd.ts";

const nothing = z.object({});
const metric = "connection_pool_usage_percent";
const patience = { timeout: 30_000, interval: 50 };

describe("smithd and alerts", () => {
  let testDatabase: TestDatabase;
  let database: Database;
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
    database = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
    link = await connectNats({ servers: nats.url });
  });
  beforeEach(async () => {
    await database.write.query(sql.type(nothing)`DELETE FROM monitoring.alert_changes`);
    await database.write.query(sql.type(nothing)`DELETE FROM monitoring.alerts`);
    await database.write.query(sql.type(nothing)`UPDATE monitoring.alert_thresholds SET enabled = FALSE`);
  });
  afterAll(async () => {
    await link.close();
    await database.close();
    await nats.stop();
    await testDatabase.drop();
  });

  function start(monitoring: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) {
    const settings = Object.entries(monitoring).map(([name, value]) => [
      `SMITH_MONITORING_${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return runSmithd([], {
      SMITH_DATABASE_URL: testDatabase.url,
      SMITH_NATS_URL: nats.url,
      SMITH_DAEMON_MONITOR_INTERVAL_MS: "1000",
      SMITH_DAEMON_LEASE_TTL_MS: "1000",
      SMITH_MONITORING_DELIVER_INTERVAL_MS: "200",
      ...Object.fromEntries(settings),
      ...env,
    });
  }
  const threshold = (warning: number) =>
    database.write.query(sql.type(nothing)`
      UPDATE monitoring.alert_thresholds
      SET warning_threshold = ${warning}, critical_threshold = NULL, hold_for = '0', check_interval = '100 ms', enabled = TRUE
      WHERE metric_name = ${metric}`);
  const said = ({ log }: RunningSmithd, message: string) => log.filter(({ msg }) => msg === message);

  it("tells a webhook that was away, and a stream, and that it lives", async () => {
    await using receiver = await startReceiver();
    receiver.respond((response) => void response.writeHead(503).end());
    await link.manager.streams.add({ name: "ALERTS", subjects: ["monitoring.alerts.>"] });
    await using smithd = start(
      {
        CHANNELS: {
          pager: { type: "webhook", url: receiver.url, secretFrom: "PAGER_SECRET" },
          stream: { type: "jetstream" },
          watchdog: { type: "webhook", url: `${receiver.url}/watchdog`, alerts: false },
        },
        INSTANCE: "tested",
        HEARTBEAT_CHANNEL: "watchdog",
        HEARTBEAT_INTERVAL_MS: "1000",
      },
      { PAGER_SECRET: "s3cret" },
    );
    const statuses = (path: string, ok: boolean) =>
      receiver.requests
        .filter((request) => request.path === path && request.ok === ok)
        .map(({ body }) => `${body.alerts[0].labels.alertname} ${body.status}`);
    await threshold(0.01);
    await expect.poll(() => statuses("/", false), patience).toContain(`${metric} firing`);
    await expect
      .poll(() => said(smithd, "an alert could not be told; it is tried again").length, patience)
      .toBeGreaterThan(0);
    expect(said(smithd, `alert: ${metric}`)).toHaveLength(1);
    expect((await smithd.page("/metrics")).text).toMatch(
      /^smith_daemon_alerts_told_total\{channel="pager",outcome="failed"\} [1-9]/m,
    );
    receiver.respond((response) => void response.writeHead(204).end());
    await expect.poll(() => statuses("/", true), patience).toContain(`${metric} firing`);
    await threshold(99.9);
    await expect.poll(() => statuses("/", true), patience).toContain(`${metric} resolved`);
    await expect.poll(() => statuses("/watchdog", true), patience).toContain("Watchdog firing");
    expect(new Set([...statuses("/watchdog", true), ...statuses("/watchdog", false)])).toEqual(
      new Set(["Watchdog firing"]),
    );
    const stored = await link.manager.streams.getMessage("ALERTS", {
      last_by_subj: `monitoring.alerts.${metric}`,
    });
    expect(stored?.json()).toMatchObject({
      version: "4",
      status: "resolved",
      commonLabels: { instance: "tested" },
    });
    expect(stored?.header.get("Nats-Msg-Id")).toMatch(/^smith-alert-/);
    const info = await link.manager.streams.info("ALERTS");
    expect(info.state.messages).toBe(2);
    const heart = await database.write.one(
      sql.type(z.object({ holder: z.string(), told: z.boolean() }))`
        SELECT h.holder, h.told_at IS NOT NULL AS told FROM monitoring.heartbeats AS h WHERE h.name = 'monitor'`,
    );
    expect(heart).toMatchObject({ told: true });
    expect((await smithd.page("/readyz")).status).toBe(200);
    await link.manager.streams.delete("ALERTS");
  });

  it("leaves what could not be told to the next leader, and two tell nothing twice", async () => {
    await using receiver = await startReceiver();
    receiver.respond(() => {});
    const channels = { CHANNELS: { pager: { type: "webhook", url: receiver.url, timeoutMs: 500 } } };
    await using first = start(channels);
    await using second = start(channels);
    await threshold(0.01);
    await expect.poll(() => receiver.requests.length, patience).toBeGreaterThan(0);
    const leads = async (smithd: RunningSmithd) =>
      (await smithd.page("/metrics")).text.includes('smith_daemon_role_leader{role="monitor"} 1');
    const leader = (await leads(first)) ? first : second;
    receiver.respond((response) => void response.writeHead(200).end());
    leader.signal("SIGKILL");
    await leader.ended;
    // What the dead one had taken is due again after three minutes; nobody waits for that here.
    await database.write.query(
      sql.type(
        nothing,
      )`UPDATE monitoring.alert_deliveries SET next_attempt_at = now() WHERE channel = 'pager'`,
    );
    await expect.poll(() => receiver.requests.filter(({ ok }) => ok).length, patience).toBe(1);
    expect(new Set(receiver.requests.map(({ key }) => key)).size).toBe(1);
    await threshold(99.9);
    await expect.poll(() => receiver.requests.filter(({ ok }) => ok).length, patience).toBe(2);
  });

  it("says of a stream that is not there what to do, and refuses channels whose secret is not set", async () => {
    await using smithd = start({ CHANNELS: { stream: { type: "jetstream", subject: "nobody.takes" } } });
    await threshold(0.01);
    const failures = () => said(smithd, "an alert could not be told; it is tried again");
    await expect.poll(() => failures().length, patience).toBeGreaterThan(0);
    expect(failures()[0]).toMatchObject({
      error: {
        message: `cannot tell stream: no stream takes nobody.takes.${metric}`,
        hint: expect.stringContaining("sync.streams.agentMessages.subjects"),
      },
    });
    await using refused = start({
      CHANNELS: { pager: { type: "webhook", url: "http://127.0.0.1:2", secretFrom: "NOT_SET" } },
    });
    expect(await refused.ended).toBe(2);
    expect(refused.stderr).toContain("monitoring.channels.pager needs NOT_SET, which is not set");
  });
});

interface Told {
  readonly path: string;
  readonly key: unknown;
  /** Whether it was answered that it has arrived. */
  readonly ok: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into documents of every shape
  readonly body: any;
}

async function startReceiver() {
  const requests: Told[] = [];
  let respond = (response: ServerResponse): void => void response.writeHead(200).end();
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      respond(response);
      requests.push({
        path: request.url ?? "",
        key: request.headers["idempotency-key"],
        ok: response.headersSent && response.statusCode < 300,
        body: JSON.parse(text),
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    respond: (how: (response: ServerResponse) => void) => {
      respond = how;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
