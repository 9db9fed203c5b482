import { randomUUID } from "node:crypto";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import {
  connectNats,
  createFlusher,
  ensureTopology,
  type NatsLink,
  readPosition,
  stateStream,
  stateSubject,
  syncConfig,
} from "@mister-smith/sync";
import { clusters } from "@mister-smith/testkit";
import { headers as natsHeaders } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventKinds } from "../../src/sync/event-kinds.ts";
import { useOperatedSystem, widestLine } from "./operated-system.ts";
import { smith } from "./run-smith.ts";
import { type JsonRun, smithOn } from "./smith-on.ts";

const [cluster] = clusters();
if (cluster === undefined) throw new TypeError("no PostgreSQL is installed");
const system = useOperatedSystem(cluster);
let nats: EmbeddedNats;
let link: NatsLink;
let bucketIsThere = false;

beforeAll(async () => {
  const jetstream = { max_file_store: 20 * 1024 ** 3, max_memory_store: 1024 ** 3 };
  nats = await startNats({ settings: { jetstream } });
  link = await connectNats({ servers: nats.url });
});
afterAll(async () => {
  await link?.close();
  await nats?.stop();
});

const sync = (line: string): Promise<JsonRun> =>
  smithOn(system().url, { env: { SMITH_NATS_URL: nats.url } })(`sync ${line}`);
// The text is what people see of a process of its own.
const text = (line: string) =>
  smith(["sync", ...line.split(" ")], {
    env: { SMITH_DATABASE_URL: system().url, SMITH_NATS_URL: nats.url },
  });

async function makeBucket(): Promise<void> {
  if (!bucketIsThere) await ensureTopology(link, syncConfig.parse({}), { apply: true });
  bucketIsThere = true;
}

async function agent(): Promise<string> {
  return (await system().db.agents.register({ agentType: "worker", agentName: randomUUID() })).agentId;
}

async function put(agentId: string, stateKey: string, json: string): Promise<void> {
  await link.js.publish(stateSubject({ agentId, stateKey }), json);
}

/** Brings all that is in the bucket to PostgreSQL, and ends. */
async function flush(): Promise<void> {
  await using flusher = createFlusher({ database: system().db, link });
  await flusher.start();
  const { last_seq } = (await link.manager.streams.info(stateStream)).state;
  await expect
    .poll(async () => (await readPosition(system().db))?.sequence ?? 0, { timeout: 20_000, interval: 10 })
    .toBeGreaterThanOrEqual(last_seq);
}

async function deadLetterIds(line: string): Promise<number[]> {
  const { code, json } = await sync(`dead-letters list ${line}`);
  expect(code).toBe(0);
  return json.deadLetters.map((one: { deadLetterId: number }) => one.deadLetterId);
}

describe("smith sync status", () => {
  it("fails with code 1 while the bucket is not there, and is fine when nothing waits", async () => {
    const missing = await sync("status");
    expect(missing.code).toBe(1);
    expect(missing.json).toMatchObject({
      state: "stuck",
      problems: [expect.stringContaining("`smith sync topology --apply`")],
      positions: [],
      nats: { connected: true, bucket: null },
    });
    await makeBucket();
    const { code, json } = await sync("status");
    expect(code).toBe(0);
    expect(json).toMatchObject({ state: "ok", problems: [], nats: { bucket: { keys: 0, behind: 0 } } });
  });

  it("tells how much waits and since when, and fails when nobody is there for it", async () => {
    await makeBucket();
    const agentId = await agent();
    await flush();
    for (let n = 1; n <= 8; n += 1) await put(agentId, "often", String(n));
    await put(agentId, "once", "1");
    const waits = await sync("status");
    expect(waits.code).toBe(1);
    expect(waits.json.nats.bucket).toMatchObject({
      isKnown: true,
      // Of a key the last five writes are kept: the others are not waited for.
      behind: 6,
      behindSince: expect.stringMatching(/Z$/),
    });
    expect(waits.json.problems).toEqual([expect.stringContaining("6 messages")]);
    await system().sql("SELECT sync.take_lease('flush', 'host:1', '1 hour')");
    const led = await sync("status");
    expect(led.code).toBe(0);
    expect(led.json.roles).toEqual([
      { role: "flush", holder: "host:1", epoch: 1, expiresAt: expect.stringMatching(/Z$/), isHeld: true },
    ]);
    await system().sql("SELECT sync.give_lease('flush', 'host:1')");
    await flush();
    expect((await sync("status")).json).toMatchObject({
      state: "ok",
      positions: [{ pipe: "agent_state", stream: stateStream, incarnation: 1 }],
      roles: [{ isHeld: false }],
    });
  });

  it("counts what is not published by its kind, and the dead letters by their pipe", async () => {
    await makeBucket();
    await system().sql(`
      SELECT sync.enable_events('lifecycle');
      INSERT INTO sync.dead_letters (pipe, reason_code, reason) VALUES ('consume:x', 'test', 'for the test');
    `);
    await agent();
    const { code, json } = await sync("status");
    expect(code).toBe(1);
    expect(json.backlog).toEqual([expect.objectContaining({ kind: "lifecycle", pending: 1, parked: 0 })]);
    expect(json.deadLetters).toEqual([expect.objectContaining({ pipe: "consume:x", open: 1 })]);
    const shown = await text("status");
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/lifecycle +1 +0 +20/);
    expect(shown.stdout).toMatch(/consume:x +1 +20/);
    expect(shown.stdout).toMatch(/on +lifecycle\n/);
    expect(shown.stdout).toContain("1 event of the outbox");
    expect(shown.stdout).toContain("`smith sync dead-letters list`");
    expect(widestLine(shown.stdout)).toBeLessThanOrEqual(120);
    await system().sql(`
      SELECT sync.disable_events('lifecycle');
      TRUNCATE sync.outbox_pending, sync.dead_letters;
    `);
  });

  it("tells all that PostgreSQL knows when NATS is away, with code 6", async () => {
    const away = await smithOn(system().url, { env: { SMITH_NATS_URL: "nats://127.0.0.1:1" } })(
      "sync status",
    );
    expect(away.code).toBe(6);
    expect(away.json).toMatchObject({
      state: "unreachable",
      nats: { connected: false, why: expect.stringContaining("127.0.0.1:1") },
      events: expect.arrayContaining([{ kind: "state", table: "agents.state", enabled: false }]),
    });
    const gone = await smithOn("postgres://nobody@127.0.0.1:1/nothing", {
      env: { SMITH_NATS_URL: nats.url },
    })("sync status");
    expect(gone.code).toBe(6);
    expect(gone.json.error.message).toContain("127.0.0.1:1");
  });

  it("tells all that PostgreSQL knows where NATS has no JetStream, and what is missing, with code 1", async () => {
    const accounts = {
      PLAIN: { users: [{ user: "plain", password: "x" }] },
      JS: { jetstream: true, users: [{ user: "js", password: "x" }] },
    };
    await using other = await startNats({ settings: { accounts, no_auth_user: "plain" } });
    const env = { SMITH_NATS_URL: other.url };
    const { code, json } = await smithOn(system().url, { env })("sync status");
    expect(json).toMatchObject({
      state: "stuck",
      problems: [expect.stringMatching(/JetStream not enabled.*Start nats-server with JetStream/)],
      nats: { connected: true, bucket: null, why: expect.stringContaining("JetStream not enabled") },
      events: expect.arrayContaining([{ kind: "state", table: "agents.state", enabled: false }]),
    });
    expect(code).toBe(1);
    const shown = await smith(["sync", "status"], { env: { ...env, SMITH_DATABASE_URL: system().url } });
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/bucket +unknown/);
    expect(shown.stdout).not.toContain("smith sync topology --apply");
  });
});

describe("smith sync events", () => {
  it("shows, enables and disables kinds, and refuses what is none", async () => {
    const enabled = (json: { events: { kind: string; enabled: boolean }[] }) =>
      json.events.filter((one) => one.enabled).map(({ kind }) => kind);
    const before = await sync("events");
    expect(new Set(before.json.events.map(({ kind }: { kind: string }) => kind))).toEqual(
      new Set(eventKinds),
    );
    expect(enabled(before.json)).toEqual([]);
    const on = await sync("events enable heartbeat state");
    expect(enabled(on.json)).toEqual(["heartbeat", "state"]);
    expect(on.json.switched).toBeGreaterThan(1);
    expect((await sync("events enable state")).json.switched).toBe(0);
    expect(enabled((await sync("events enable")).json)).toHaveLength(before.json.events.length);
    expect(enabled((await sync("events disable")).json)).toEqual([]);
    expect((await sync("events enable weather")).code).toBe(2);
    expect((await sync("events state")).code).toBe(2);
    const { stdout, stderr } = await text("events disable");
    expect(stdout).toMatch(/state +agents\.state +off/);
    expect(stderr).toContain("0 triggers disabled");
  });
});

describe("smith sync hydrate", () => {
  it("brings in the state of active agents, of named ones, or of all", async () => {
    await makeBucket();
    const [one, two, ended] = [await agent(), await agent(), await agent()];
    for (const agentId of [one, two, ended])
      await system().db.state.put({ agentId, stateKey: "plan", stateValue: 1 });
    await system().sql(`UPDATE agents.registry SET status = 'terminated' WHERE agent_id = '${ended}'`);
    expect((await sync(`hydrate --agent ${one}`)).json).toMatchObject({ created: 1, present: 0, total: 1 });
    const active = await sync("hydrate");
    expect(active.json).toMatchObject({ agents: "active" });
    expect(active.json.present).toBeGreaterThanOrEqual(1);
    const lastOf = (agentId: string) =>
      link.manager.streams.getMessage(stateStream, {
        last_by_subj: stateSubject({ agentId, stateKey: "plan" }),
      });
    expect(await lastOf(two)).not.toBeNull();
    expect(await lastOf(ended)).toBeNull();
    const all = await text("hydrate --all");
    expect(all).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^1 key brought in, \d+ were there/),
    });
    expect((await sync(`hydrate --all --agent ${one}`)).code).toBe(2);
    expect((await sync("hydrate --agent x")).code).toBe(2);
  });
});

describe("smith sync verify", () => {
  it("agrees, tells what differs with code 1, and mends it", async () => {
    await makeBucket();
    const agentId = await agent();
    await put(agentId, "plan", '"old"');
    await flush();
    const of = `verify --agent ${agentId}`;
    const clean = await sync(of);
    expect({ code: clean.code, json: clean.json }).toMatchObject({
      code: 0,
      json: { repair: false, isClean: true, keys: 1, differences: 0 },
    });
    await system().db.state.put({ agentId, stateKey: "plan", stateValue: "new" });
    const differs = await text(of);
    expect(differs.code).toBe(1);
    expect(differs.stdout).toMatch(/bucket-older +postgres/);
    expect(differs.stdout).toContain(`${agentId} plan`);
    expect(differs.stdout).toContain("`smith sync verify --repair`");
    const mended = await sync(`${of} --repair`);
    expect({ code: mended.code, json: mended.json }).toMatchObject({
      code: 0,
      json: { isClean: true, listed: [{ cause: "bucket-older", ahead: "postgres", repair: "mended" }] },
    });
    expect((await sync(of)).json).toMatchObject({ differences: 0 });
  });
});

describe("smith sync verify --force", () => {
  it("decides what nothing tells, of one key or of all, and only where something is repaired", async () => {
    await makeBucket();
    const agentId = await agent();
    const own = natsHeaders();
    own.set("Smith-Origin", "postgres");
    for (const stateKey of ["a", "b", "c"])
      await link.js.publish(stateSubject({ agentId, stateKey }), '"read"', { headers: own });
    const other = await agent();
    await link.js.publish(stateSubject({ agentId: other, stateKey: "a" }), '"read"', { headers: own });
    await flush();
    const of = `verify --agent ${agentId}`;
    const open = await sync(`${of} --repair`);
    expect({ code: open.code, json: open.json }).toMatchObject({
      code: 1,
      json: { force: null, byCause: { undecided: 3 }, openDifferences: 3 },
    });
    const refused = await text(`${of} --force bucket`);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("Add --repair");
    expect((await text(`${of} --repair --force both`)).code).toBe(2);
    const one = await sync(`${of} --repair --force bucket --key b`);
    expect({ code: one.code, json: one.json }).toMatchObject({
      code: 0,
      json: {
        force: "bucket",
        keys: 1,
        listed: [{ key: { stateKey: "b" }, cause: "undecided", repair: "mended" }],
      },
    });
    const rest = await sync(`${of} --repair --force postgres`);
    expect({ code: rest.code, json: rest.json }).toMatchObject({
      code: 0,
      json: { differences: 2, isClean: true },
    });
    expect(await system().db.state.get({ agentId, stateKey: "b" })).toMatchObject({ stateValue: "read" });
    await flush();
    // PostgreSQL has none of the others, and that is what it was to be.
    for (const stateKey of ["a", "c"]) {
      expect(await system().db.state.get({ agentId, stateKey })).toBeNull();
      const last = { last_by_subj: stateSubject({ agentId, stateKey }) };
      const message = await link.manager.streams.getMessage(stateStream, last);
      expect(message?.header.get("KV-Operation")).toBe("DEL");
    }
    expect((await sync(of)).json).toMatchObject({ differences: 0 });
    // Nobody has decided about another agent.
    const untouched = await sync(`verify --agent ${other} --repair`);
    expect(untouched.json).toMatchObject({ keys: 1, byCause: { undecided: 1 }, openDifferences: 1 });
    expect((await sync(`verify --agent ${other} --repair --force postgres`)).code).toBe(0);
  });
});

describe("smith sync dead-letters", () => {
  it("lists what was given up, page by page, within a terminal's width and without its controls", async () => {
    await makeBucket();
    const agentId = await agent();
    await put(agentId, "a", "{\u001b[2J");
    await put(agentId, "b".repeat(200), "{");
    await flush();
    const of = `--agent ${agentId}`;
    const [second = 0, first = 0] = await deadLetterIds(of);
    expect(second).toBeGreaterThan(first);
    const page = await sync(`dead-letters list ${of} --limit 1`);
    expect(page.json).toMatchObject({
      nextCursor: String(second),
      deadLetters: [{ deadLetterId: second, pipe: "flush", reasonCode: "bad-value", retriedAt: null }],
    });
    expect(await deadLetterIds(`${of} --cursor ${second}`)).toEqual([first]);
    expect(await deadLetterIds(`${of} --pipe relay`)).toEqual([]);
    expect(await deadLetterIds(`${of} --reason unknown-agent`)).toEqual([]);
    const { stdout } = await text(`dead-letters list ${of}`);
    expect(stdout).toMatch(
      new RegExp(`^${first} +20.* flush +bad-value\\n +\\$KV\\.AGENT_STATE\\.${agentId}\\.a`, "m"),
    );
    expect(stdout).not.toContain("\u001b[2J");
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("shows one whole: as text, and its bytes unchanged", async () => {
    await makeBucket();
    const agentId = await agent();
    await link.js.publish(stateSubject({ agentId, stateKey: "a" }), Uint8Array.from([34, 255, 34]));
    await put(agentId, "b", "{bad\u001b[2J");
    await flush();
    const [b = 0, a = 0] = await deadLetterIds(`--agent ${agentId}`);
    expect((await sync(`dead-letters show ${a}`)).json).toMatchObject({
      payloadText: null,
      payloadBase64: Buffer.from([34, 255, 34]).toString("base64"),
      headers: {},
    });
    const { stdout } = await text(`dead-letters show ${b}`);
    expect(stdout).toContain("{bad\\u001b[2J");
    expect(stdout).toContain("bad-value");
    expect((await sync("dead-letters show 999999")).code).toBe(8);
    expect((await sync("dead-letters show x")).code).toBe(2);
  });

  it("retries named ones and tells of each what became of it", async () => {
    await makeBucket();
    const agentId = randomUUID();
    for (const key of ["plan", "newer"]) await put(agentId, key, '"old"');
    await flush();
    const [newer = 0, plan = 0] = await deadLetterIds(`--agent ${agentId}`);
    await system().sql(
      `INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('${agentId}', 'worker', 'late')`,
    );
    await put(agentId, "newer", '"new"');
    const { code, stdout, stderr } = await text(`dead-letters retry ${plan} ${newer}`);
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^${plan} +retried$`, "m"));
    expect(stdout).toMatch(new RegExp(`^${newer} +the bucket has a newer value of the key$`, "m"));
    expect(stderr).toContain("1 dead letter of 2 stayed");
    await flush();
    expect(
      await system().sql(
        `SELECT state_key, state_value FROM agents.state WHERE agent_id = '${agentId}' ORDER BY 1`,
      ),
    ).toEqual([
      { state_key: "newer", state_value: "new" },
      { state_key: "plan", state_value: "old" },
    ]);
    expect((await sync(`dead-letters retry ${plan}`)).json.deadLetters).toMatchObject([
      { outcome: "retried before" },
    ]);
    const missing = await sync(`dead-letters retry ${plan} 999999`);
    expect(missing.code).toBe(8);
    expect(await deadLetterIds(`--agent ${agentId}`)).toEqual([newer]);
    expect(await deadLetterIds(`--agent ${agentId} --retried`)).toEqual([newer, plan]);
  });

  it("retries or drops all of a pipe, and nothing without being told which", async () => {
    await makeBucket();
    const insert = (pipe: string, subject: string) =>
      system().sql(`
        INSERT INTO sync.dead_letters (pipe, reason_code, reason, subject, payload)
        SELECT '${pipe}', 'test', 'for the test', '${subject}', '{}' FROM generate_series(1, 3)
      `);
    await insert("consume:jobs", "agents.lifecycle.a.started");
    await insert("consume:lost", "nowhere.at.all");
    expect(await sync("dead-letters retry --pipe consume:jobs --all")).toMatchObject({
      code: 0,
      json: { deadLetters: [{ outcome: "retried" }, { outcome: "retried" }, { outcome: "retried" }] },
    });
    expect(await text("dead-letters retry --pipe consume --all")).toMatchObject({
      code: 1,
      stdout: "0 dead letters retried\n",
      stderr: expect.stringContaining("3 dead letters stayed: no stream takes nowhere.at.all"),
    });
    expect(await text("dead-letters drop --pipe consume --all")).toMatchObject({
      code: 0,
      stdout: "3 dead letters dropped\n",
    });
    expect(await deadLetterIds("--pipe consume")).toEqual([]);
    expect(await deadLetterIds("--pipe consume --retried")).toHaveLength(3);
    expect((await sync("dead-letters drop --pipe consume --all --retried")).json.deadLetters).toHaveLength(3);
    expect(await deadLetterIds("--pipe consume --retried")).toEqual([]);
    for (const line of [
      "retry",
      "drop",
      "retry --all",
      "drop --pipe flush",
      "drop 1 --retried",
      "drop 1 --pipe flush --all",
    ])
      expect({ line, code: (await sync(`dead-letters ${line}`)).code }).toEqual({ line, code: 2 });
  });

  it("drops named ones, and tells which do not exist", async () => {
    await makeBucket();
    await put(await agent(), "a", "{");
    await flush();
    const [id = 0] = await deadLetterIds("--pipe flush --limit 1");
    const dropped = await sync(`dead-letters drop ${id} 999999`);
    expect(dropped.code).toBe(8);
    expect(dropped.json.deadLetters).toEqual([
      { deadLetterId: id, outcome: "dropped" },
      { deadLetterId: 999_999, outcome: "missing" },
    ]);
    expect((await sync(`dead-letters show ${id}`)).code).toBe(8);
  });
});
