import { createHmac } from "node:crypto";
import { createDatabase, type Database } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { clusters, createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type Channel,
  type ChannelConfig,
  createChannels,
  createMonitor,
  type DeliverOptions,
  deliverAlerts,
  dropOldChanges,
  type FailedDelivery,
  type GivenUpDelivery,
  heartbeatNotification,
  keepAlerts,
  monitoringConfig,
  type Notification,
  testNotification,
} from "../../src/index.ts";
import { startMailServer } from "../support/mail-server.ts";
import { startReceiver, type WebhookReceiver } from "../support/webhook-receiver.ts";

const metric = "connection_pool_usage_percent";
/** A port on which nobody listens. */
const gone = "http://127.0.0.1:2/hook";

describe.each(clusters())("alerts of PostgreSQL $major are told", (cluster) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let client: Client;
  const logged: Notification[] = [];
  beforeAll(async () => {
    testDatabase = await createTestDatabase({
      cluster,
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    database = await createDatabase({ primary: { url: testDatabase.url } });
    client = new Client({ connectionString: testDatabase.url });
    await client.connect();
  });
  beforeEach(async () => {
    logged.length = 0;
    await client.query(`DELETE FROM monitoring.alerts; DELETE FROM monitoring.alert_changes;
      UPDATE monitoring.alert_thresholds
      SET hold_for = '0', check_interval = '1 ms', enabled = FALSE, notification_channels = '{}'`);
  });
  afterAll(async () => {
    await database.close();
    await client.end();
    await testDatabase.drop();
  });

  const sql = async (text: string, values: readonly unknown[] = []) =>
    (await client.query(text, [...values])).rows;
  const watch = async (warning: number | null, critical: number | null, of = metric) =>
    await sql(
      "UPDATE monitoring.alert_thresholds SET enabled = TRUE, warning_threshold = $2, critical_threshold = $3 WHERE metric_name = $1",
      [of, warning, critical],
    );
  /** Looks anew, as a process that was just started. */
  async function look(): Promise<void> {
    await using monitor = await createMonitor({ url: testDatabase.url });
    await keepAlerts(database, await monitor.check());
  }
  const fire = async () => {
    await watch(0.001, 100);
    await look();
  };
  const worsen = async () => {
    await watch(0.001, 0.002);
    await look();
  };
  const end = async () => {
    await watch(99, 100);
    await look();
  };
  const allDue = () => sql("UPDATE monitoring.alert_deliveries SET next_attempt_at = now()");

  const channelsOf = (channels: Readonly<Record<string, unknown>>, env = {}): readonly Channel[] =>
    createChannels(monitoringConfig.parse({ channels }).channels as Record<string, ChannelConfig>, {
      env,
      publisher: { publish: () => Promise.reject(new Error("no JetStream here")) },
      log: (told) => void logged.push(told),
    });
  async function deliver(
    channels: Readonly<Record<string, unknown>> | readonly Channel[],
    options: Partial<DeliverOptions> = {},
  ) {
    const failed: FailedDelivery[] = [];
    const givenUp: GivenUpDelivery[] = [];
    await deliverAlerts(database, {
      channels: Array.isArray(channels)
        ? (channels as readonly Channel[])
        : channelsOf(channels as Readonly<Record<string, unknown>>),
      instance: "here",
      giveUpAfterMs: 3 * 86_400_000,
      signal: new AbortController().signal,
      onFailed: (failure) => void failed.push(failure),
      onGivenUp: (delivery) => void givenUp.push(delivery),
      ...options,
    });
    return { failed, givenUp };
  }
  const statuses = ({ received }: WebhookReceiver) =>
    received.map(({ body }) => [body.status, body.commonAnnotations.severity ?? ""].join(" ").trim());
  const deliveries = async () =>
    await sql(
      "SELECT channel, outcome, attempts, last_error FROM monitoring.alert_deliveries ORDER BY change_id, channel",
    );

  it("to a webhook in Alertmanager's shape, signed, and with one identity however bad and however often", async () => {
    await using receiver = await startReceiver();
    receiver.answer((response, at) => void response.writeHead(at === 1 ? 503 : 200).end("busy, come again"));
    const channels = channelsOf(
      { pager: { type: "webhook", url: receiver.url, secretFrom: "PAGER_SECRET" } },
      { PAGER_SECRET: "whsec_c2VjcmV0" },
    );
    await fire();
    const { failed } = await deliver(channels);
    expect(failed.map(({ error }) => (error as Error).message)).toEqual([
      "cannot tell pager: it answered 503: busy, come again",
    ]);
    await allDue();
    await deliver(channels);
    await worsen();
    await deliver(channels);
    await end();
    await deliver(channels);
    expect(statuses(receiver)).toEqual(["firing warning", "firing warning", "firing critical", "resolved"]);
    const [first, again, worse, over] = receiver.received.map(({ headers, text, body }) => {
      const id = String(headers["webhook-id"]);
      const signed = `${id}.${headers["webhook-timestamp"]}.${text}`;
      const signature = createHmac("sha256", "secret").update(signed).digest("base64");
      expect(headers["webhook-signature"]).toBe(`v1,${signature}`);
      expect(headers["idempotency-key"]).toBe(id);
      expect(Math.abs(Number(headers["webhook-timestamp"]) - Date.now() / 1_000)).toBeLessThan(60);
      return { id, text, body, alert: body.alerts[0] };
    });
    expect(again?.id).toBe(first?.id);
    expect(again?.text).toBe(first?.text);
    expect(new Set([first?.id, worse?.id, over?.id]).size).toBe(3);
    expect(first?.body).toMatchObject({
      version: "4",
      status: "firing",
      receiver: "pager",
      groupLabels: { alertname: metric },
      commonAnnotations: { state: "firing", severity: "warning" },
      truncatedAlerts: 0,
      alerts: [{ status: "firing", endsAt: "0001-01-01T00:00:00Z" }],
    });
    expect(new Set([first, worse, over].map((one) => one?.alert.fingerprint)).size).toBe(1);
    // Whoever goes by the labels hears of the end, too.
    for (const one of [first, worse, over])
      expect(one?.alert.labels).toEqual({ alertname: metric, instance: "here" });
    expect(over?.body.commonAnnotations).toMatchObject({ state: "ok" });
    expect(new Set([first, worse, over].map((one) => one?.alert.startsAt)).size).toBe(1);
    expect(new Date(over?.alert.endsAt).getTime()).toBeGreaterThan(new Date(over?.alert.startsAt).getTime());
  });

  it("to each channel by itself: none that is gone, failing or slow keeps another from being told", async () => {
    await using failing = await startReceiver();
    await using slow = await startReceiver();
    await using mail = await startMailServer();
    failing.answer((response) => void response.writeHead(500).end());
    slow.answer(() => {});
    await fire();
    const channels = channelsOf({
      gone: { type: "webhook", url: gone },
      failing: { type: "webhook", url: failing.url },
      slow: { type: "webhook", url: slow.url, timeoutMs: 200 },
      stream: { type: "jetstream" },
      mail: { type: "email", server: `smtp://${mail.host}`, from: "a@x.example", to: ["ops@x.example"] },
    });
    const { failed } = await deliver(channels);
    expect(logged).toMatchObject([{ name: metric, state: "firing", severity: "warning" }]);
    expect(mail.mails).toHaveLength(1);
    expect(
      Object.fromEntries(failed.map(({ channel, error }) => [channel, (error as Error).message])),
    ).toEqual({
      gone: expect.stringContaining("ECONNREFUSED"),
      failing: "cannot tell failing: it answered 500",
      slow: "cannot tell slow: it did not answer in time",
      stream: "cannot tell stream: no JetStream here",
    });
    expect(await deliveries()).toMatchObject([
      { channel: "failing", outcome: "waiting", attempts: 1, last_error: expect.stringContaining("500") },
      { channel: "gone", outcome: "waiting" },
      { channel: "log", outcome: "delivered", attempts: 1, last_error: null },
      { channel: "mail", outcome: "delivered" },
      { channel: "slow", outcome: "waiting" },
      { channel: "stream", outcome: "waiting" },
    ]);
    // None is tried again before its time, and nobody is told twice.
    expect((await deliver(channels)).failed).toEqual([]);
    expect(mail.mails).toHaveLength(1);
    expect(logged).toHaveLength(1);
    expect(await sql("SELECT told_at FROM monitoring.alert_changes")).toEqual([{ told_at: null }]);
  });

  it("after an outage of an hour all the same, of one alert in its order", async () => {
    let port: number;
    {
      await using receiver = await startReceiver();
      port = Number(new URL(receiver.url).port);
    }
    const channels = channelsOf({ pager: { type: "webhook", url: `http://127.0.0.1:${port}/hook` } });
    await fire();
    for (let tries = 1; tries <= 22; tries += 1) {
      const { failed, givenUp } = await deliver(channels);
      expect(failed).toMatchObject([{ channel: "pager", attempts: tries }]);
      expect(givenUp).toEqual([]);
      if (tries === 10) await worsen();
      if (tries === 11) await end();
      await allDue();
    }
    await sql(
      "UPDATE monitoring.alert_deliveries SET created_at = created_at - INTERVAL '1 hour' WHERE channel = 'pager'",
    );
    await using receiver = await startReceiver(port);
    // What came later is due, but not what came first: nothing is told before that.
    await sql(
      `UPDATE monitoring.alert_deliveries SET next_attempt_at = now() + INTERVAL '1 minute'
       WHERE channel = 'pager' AND change_id = (SELECT min(change_id) FROM monitoring.alert_changes)`,
    );
    await deliver(channels);
    expect(receiver.received).toEqual([]);
    await allDue();
    await deliver(channels);
    expect(statuses(receiver)).toEqual(["firing warning", "firing critical", "resolved"]);
    expect(
      await sql("SELECT count(*)::INT AS untold FROM monitoring.alert_changes WHERE told_at IS NULL"),
    ).toEqual([{ untold: 0 }]);
  });

  it("in spite of another one that is refused for good: that waits alone", async () => {
    await using receiver = await startReceiver();
    receiver.answer((response) => {
      const { body } = receiver.received.at(-1) ?? {};
      response.writeHead(body.commonLabels.alertname === metric ? 400 : 200).end();
    });
    await fire();
    await watch(80, 90, "disk_usage_percent");
    await watch(null, null, "table_bloat_percent");
    await sql(
      `INSERT INTO monitoring.alert_changes (metric_name, state) VALUES ('table_bloat_percent', 'no data')`,
    );
    const pager = { pager: { type: "webhook", url: receiver.url } };
    await deliver(pager);
    await deliver(pager);
    expect(receiver.received.map(({ body }) => body.commonLabels.alertname)).toContain("table_bloat_percent");
    expect(
      await sql(
        "SELECT outcome FROM monitoring.alert_deliveries WHERE channel = 'pager' ORDER BY change_id LIMIT 1",
      ),
    ).toEqual([{ outcome: "waiting" }]);
  });

  it("until they are given up after days, which is said, and not by a clock that was put forward alone", async () => {
    await fire();
    const pager = { pager: { type: "webhook", url: gone } };
    await deliver(pager);
    await sql(
      "UPDATE monitoring.alert_deliveries SET created_at = now() - INTERVAL '4 days', next_attempt_at = now()",
    );
    expect(await deliver(pager)).toMatchObject({ givenUp: [] });
    await sql("UPDATE monitoring.alert_deliveries SET attempts = 20 WHERE channel = 'pager'");
    expect((await deliver(pager)).givenUp).toMatchObject([
      { channel: "pager", attempts: 20, lastError: expect.stringContaining("ECONNREFUSED") },
    ]);
    expect(await deliveries()).toMatchObject([{ channel: "log" }, { channel: "pager", outcome: "given up" }]);
    expect(await dropOldChanges(database.write, 0)).toBe(1);
    expect(await deliveries()).toEqual([]);
  });

  it("no more to a channel that is configured no more, when its time is over", async () => {
    await fire();
    await deliver({ pager: { type: "webhook", url: gone } });
    await allDue();
    expect(await deliver({})).toEqual({ failed: [], givenUp: [] });
    await sql("UPDATE monitoring.alert_deliveries SET created_at = now() - INTERVAL '4 days'");
    expect((await deliver({})).givenUp).toMatchObject([{ channel: "pager", attempts: 1 }]);
  });

  it("once by two who tell at once", async () => {
    await using receiver = await startReceiver();
    await using other = await createDatabase({ primary: { url: testDatabase.url } });
    const channels = channelsOf({ pager: { type: "webhook", url: receiver.url } });
    const options = { channels, instance: "here", giveUpAfterMs: 1e9, signal: new AbortController().signal };
    for (let round = 0; round < 10; round += 1) {
      await (round % 2 === 0 ? fire() : end());
      await Promise.all([deliverAlerts(database, options), deliverAlerts(other, options)]);
    }
    await Promise.all([deliverAlerts(database, options), deliverAlerts(other, options)]);
    expect(receiver.received).toHaveLength(10);
    expect(new Set(receiver.received.map(({ headers }) => headers["idempotency-key"])).size).toBe(10);
    expect(logged).toHaveLength(10);
  });

  it("again, with the same key, when who told died before he noted it", async () => {
    await using receiver = await startReceiver();
    const [log, pager] = channelsOf({ pager: { type: "webhook", url: receiver.url } });
    if (log === undefined || pager === undefined) throw new Error("there were to be two channels");
    await fire();
    const dies = new AbortController();
    // He is killed when it has arrived: nothing of what follows happens.
    const killed: Channel = {
      ...pager,
      tell: async (told) => {
        await pager.tell(told);
        await client.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name LIKE 'doomed%'",
        );
        await doomed.close();
        dies.abort();
      },
    };
    const doomed = await createDatabase({
      primary: { url: testDatabase.url },
      applicationNamePrefix: "doomed",
    });
    const options = { channels: [log, killed], instance: "here", giveUpAfterMs: 1e9, signal: dies.signal };
    await expect(deliverAlerts(doomed, options)).rejects.toThrow();
    // For a while nobody else takes it: he might live.
    await deliver([log, pager]);
    expect(receiver.received).toHaveLength(1);
    await sql("UPDATE monitoring.alert_deliveries SET next_attempt_at = next_attempt_at - INTERVAL '180 s'");
    await deliver([log, pager]);
    const keys = receiver.received.map(({ headers }) => headers["idempotency-key"]);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  it("to the channels that the threshold names, and to all where those are gone", async () => {
    await using receiver = await startReceiver();
    await using other = await startReceiver();
    const channels = {
      pager: { type: "webhook", url: receiver.url },
      chat: { type: "webhook", url: other.url },
    };
    await sql("UPDATE monitoring.alert_thresholds SET notification_channels = '{chat}'");
    await fire();
    await deliver(channels);
    expect([receiver.received.length, other.received.length, logged.length]).toEqual([0, 1, 1]);
    await sql("UPDATE monitoring.alert_thresholds SET notification_channels = '{nobody}'");
    await end();
    const unknown: string[] = [];
    await deliver(channels, { onUnknown: (of, names) => void unknown.push(`${of}: ${names.join(",")}`) });
    expect([receiver.received.length, other.received.length, logged.length]).toEqual([1, 2, 2]);
    expect(unknown).toEqual([`${metric}: nobody`]);
  });

  it("also after the server's clock was put back by a day", async () => {
    await using receiver = await startReceiver();
    const channels = { pager: { type: "webhook", url: receiver.url } };
    await deliver(channels);
    await fire();
    await deliver({ pager: { type: "webhook", url: gone } });
    // What was put off lies in what is now the future.
    await sql(
      "UPDATE monitoring.alert_deliveries SET next_attempt_at = now() + INTERVAL '1 day' WHERE channel = 'pager'",
    );
    await deliver(channels);
    expect(statuses(receiver)).toEqual(["firing warning"]);
    await sql("UPDATE monitoring.alert_thresholds SET hold_for = '1 hour'");
    await sql(
      "UPDATE monitoring.alerts SET checked_at = now() + INTERVAL '1 day', since = now() + INTERVAL '1 day'",
    );
    await end();
    const [row] = await sql("SELECT state, turning_since <= now() AS turns FROM monitoring.alerts");
    expect(row).toEqual({ state: "firing", turns: true });
  });

  it("by e-mail to everybody, with a Message-ID that is the same each time, and by TLS alone where there is a password", async () => {
    await using mail = await startMailServer({
      authMethods: ["PLAIN"],
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _, callback) =>
        password === "s3cret" ? callback(null, { user: username }) : callback(new Error("no")),
    });
    const to = ["ops@x.example", "boss@x.example"];
    const plain = {
      type: "email",
      server: `smtp://smith@${mail.host}`,
      passwordFrom: "P",
      from: "a@x.example",
      to,
    };
    const [, open] = channelsOf({ mail: { ...plain, requireTls: false } }, { P: "s3cret" });
    const [, safe] = channelsOf({ mail: plain }, { P: "s3cret" });
    const [, wrong] = channelsOf({ mail: { ...plain, requireTls: false } }, { P: "other" });
    await fire();
    const [log] = channelsOf({});
    const tell = async (channel: Channel | undefined) => {
      await allDue();
      return (await deliver([log, channel] as Channel[])).failed.map(({ error }) => (error as Error).message);
    };
    expect(await tell(safe)).toEqual([expect.stringMatching(/STARTTLS/i)]);
    expect(await tell(wrong)).toEqual([expect.stringMatching(/no/)]);
    expect(mail.mails).toEqual([]);
    expect(await tell(open)).toEqual([]);
    await sql(
      "UPDATE monitoring.alert_deliveries SET outcome = 'waiting', settled_at = NULL WHERE channel = 'mail'",
    );
    expect(await tell(open)).toEqual([]);
    const [first, again] = mail.mails;
    expect(first).toMatchObject({ to, user: "smith" });
    expect(first?.text).toMatch(new RegExp(`^Subject: \\[here\\] warning: ${metric} at `, "m"));
    expect(first?.text).toMatch(/^state: firing/m);
    const id = /^Message-ID: (<smith-alert-.*@x\.example>)/im;
    expect(id.exec(first?.text ?? "")?.[1]).toBeDefined();
    expect(id.exec(again?.text ?? "")?.[1]).toBe(id.exec(first?.text ?? "")?.[1]);
  });

  it("as tests and heartbeats that are marked as what they are", async () => {
    await using receiver = await startReceiver();
    const [, pager] = channelsOf({ pager: { type: "webhook", url: receiver.url } });
    const now = new Date();
    await pager?.tell(testNotification("here", now));
    await pager?.tell(heartbeatNotification("here", now, now));
    await pager?.tell(heartbeatNotification("here", now, new Date()));
    const [test, beat, next] = receiver.received;
    expect(test?.body.commonLabels).toMatchObject({ alertname: "SmithTest", test: "true" });
    expect(beat?.body).toMatchObject({
      status: "firing",
      commonLabels: { alertname: "Watchdog", severity: "none" },
    });
    expect(next?.body.alerts[0].fingerprint).toBe(beat?.body.alerts[0].fingerprint);
    expect(next?.headers["idempotency-key"]).not.toBe(beat?.headers["idempotency-key"]);
  });

  it("within bounds: no answer is read to its end, no redirect is followed", async () => {
    await using receiver = await startReceiver();
    await using elsewhere = await startReceiver();
    const [, pager] = channelsOf({ pager: { type: "webhook", url: receiver.url } });
    const told = () => pager?.tell(testNotification("here", new Date()));
    receiver.answer((response) => {
      response.writeHead(500);
      const pour = () => {
        while (response.write("x".repeat(65_536)));
      };
      response.on("drain", pour);
      pour();
    });
    await expect(told()).rejects.toThrow(/^cannot tell pager: it answered 500: x{300}$/);
    receiver.answer((response) => void response.writeHead(307, { location: elsewhere.url }).end());
    await expect(told()).rejects.toThrow("it answered 307");
    expect(elsewhere.received).toEqual([]);
  });
});

it("refuses channels whose secrets are not there, by the variable, without showing any", () => {
  const make = (channels: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>>) => () =>
    createChannels(monitoringConfig.parse({ channels }).channels, {
      env,
      publisher: { publish: () => Promise.resolve() },
      log: () => {},
    });
  expect(make({ pager: { type: "webhook", url: gone, secretFrom: "NOT_SET" } }, {})).toThrow(
    "monitoring.channels.pager needs NOT_SET, which is not set",
  );
  expect(make({ pager: { type: "webhook", urlFrom: "U" } }, { U: "s3cret" })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
  );
});
