import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { connectNats, type NatsLink, stateStream, stateSubject, syncConfig } from "@mister-smith/sync";
import type { TestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findSmithd } from "../../src/demo/find-smithd.ts";
import { startSmithd } from "../../src/demo/smithd.ts";
import { replay } from "../../src/replay/replay.ts";
import { migratedDatabase, psql, RunFiles, runOf } from "./replay-database.ts";
import { type StartedRun, startSmith } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

let database: TestDatabase;
let files: RunFiles;
let nats: EmbeddedNats;
let link: NatsLink;

beforeAll(async () => {
  const jetstream = { max_file_store: 20 * 1024 ** 3, max_memory_store: 1024 ** 3 };
  nats = await startNats({ settings: { jetstream } });
  link = await connectNats({ servers: nats.url });
});
beforeEach(async () => {
  [database, files] = await Promise.all([migratedDatabase(), RunFiles.make()]);
});
afterEach(async () => {
  await files[Symbol.asyncDispose]();
  await database.drop();
  await link.manager.streams.delete(stateStream).catch(() => {});
});
afterAll(async () => {
  await link?.close();
  await nats?.stop();
});

const keysOfWorker = 2;
const through = (more: object = {}) => ({ servers: nats.url, sync: syncConfig.parse({}), ...more });
const statesOf = async () =>
  await psql(
    database.url,
    "SELECT state_key AS key, state_value AS value, agent_id AS agent FROM agents.state ORDER BY 1",
  );
const noted = async () =>
  (
    await psql(database.url, "SELECT DISTINCT metadata -> 'replay' ->> 'state' AS state FROM agents.registry")
  ).map(({ state }) => state);
const servers = () => ({ SMITH_DATABASE_URL: database.url, SMITH_NATS_URL: nats.url });

/** Makes every write of a table wait until the gate is opened. */
async function gate(
  table: string,
  when = "TRUE",
): Promise<{ waiting(): Promise<number>; open(): Promise<void> }> {
  await psql(
    database.url,
    `CREATE FUNCTION public.wait_at_gate() RETURNS TRIGGER LANGUAGE plpgsql AS $$
     BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;
     CREATE TRIGGER wait_at_gate BEFORE INSERT ON ${table} FOR EACH ROW WHEN (${when})
       EXECUTE FUNCTION public.wait_at_gate();`,
  );
  const keeper = new Client({ connectionString: database.url, application_name: "smith test" });
  await keeper.connect();
  await keeper.query("SELECT pg_advisory_lock(4711)");
  return {
    waiting: async () =>
      (
        await psql(
          database.url,
          "SELECT FROM pg_locks AS l WHERE l.locktype = 'advisory' AND l.objid = 4711 AND NOT l.granted",
        )
      ).length,
    open: async () => await keeper.end(),
  };
}

const soon = { timeout: 30_000, interval: 20 };

async function killed(run: StartedRun): Promise<void> {
  run.signal("SIGKILL");
  await run.done;
}

/** Waits until PostgreSQL has seen that the process is gone: until then its locks are held. */
async function forgotten(): Promise<void> {
  const sessions =
    "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'smith replay'";
  await expect.poll(() => psql(database.url, sessions), soon).toEqual([]);
}

describe("a replay whose state goes through JetStream", () => {
  it.each(["stored", "durable"] as const)(
    "puts the state at the end of each run, brings it to PostgreSQL and compares it (%s)",
    async (durability) => {
      const path = await files.write("a.jsonl", runOf("a", 5));
      const options = { databaseUrl: database.url, paths: [path], agents: 3, nats: through({ durability }) };
      const result = await replay(options);
      const put = 3 * keysOfWorker;
      expect(result).toMatchObject({
        verified: true,
        differences: [],
        rows: { "agents.state": put },
        states: { through: "jetstream", durability, put, expired: 0, flushedBy: "replay" },
      });
      const [row] = await statesOf();
      expect(row).toMatchObject({ key: "position", value: 5 });
      const subject = stateSubject({ agentId: String(row?.["agent"]), stateKey: "position" });
      const message = await link.manager.direct.getMessage(stateStream, { last_by_subj: subject });
      expect(message?.json()).toBe(5);
      expect(await noted()).toEqual(["complete"]);
      expect(await psql(database.url, "SELECT FROM sync.leases WHERE holder LIKE 'smith replay%'")).toEqual(
        [],
      );

      const before = (await link.manager.streams.info(stateStream)).state.last_seq;
      expect(await replay(options)).toMatchObject({
        verified: true,
        written: { rows: 0 },
        states: { put: 0, flushedBy: null },
      });
      expect((await link.manager.streams.info(stateStream)).state.last_seq).toBe(before);
    },
  );

  it("keeps values and times to live as recorded, and leaves out what had expired", async () => {
    const text = `NUL \u0000, half a pair \ud83d, ␛ 😀`;
    const state = (key: string, value: unknown, ttl_ms?: number) =>
      JSON.stringify({
        type: "state",
        agent: "worker",
        key,
        value,
        ...(ttl_ms === undefined ? {} : { ttl_ms }),
      });
    const lines = runOf("t", 1, () => ({ state: { text, nothing: null } }))
      .trimEnd()
      .split("\n");
    const more = [state("sp ace.", { a: [1.5, "x"] }), state("late", 1, 3_600_000), state("gone", 1, 1)];
    const events = lines.length - 2 + more.length;
    lines.splice(-1, 1, ...more, JSON.stringify({ type: "end", events }));
    const path = await files.write("t.jsonl", `${lines.join("\n")}\n`);
    const options = { databaseUrl: database.url, paths: [path], nats: through() };
    expect(await replay(options)).toMatchObject({ verified: true, states: { put: 5, expired: 1 } });
    const keys = (await statesOf()).map(({ key }) => key);
    expect(keys.toSorted()).toEqual(["late", "nothing", "run.progress", "sp ace.", "text"]);
    expect(await replay(options)).toMatchObject({ verified: true, differences: [] });
  });

  it("refuses state that is too large for JetStream before anything is written, and takes it by SQL", async () => {
    const big = "0123456789abcdef".repeat(70_000);
    const path = await files.write(
      "big.jsonl",
      runOf("big", 1, () => ({ state: { big } })),
    );
    const options = { databaseUrl: database.url, paths: [path] };
    await expect(replay({ ...options, nats: through() })).rejects.toMatchObject({
      code: "STATE_TOO_LARGE",
      message: expect.stringMatching(/the state "big" of run big#1 .* has 1120002 bytes/),
    });
    expect(await psql(database.url, "SELECT FROM agents.registry")).toEqual([]);
    expect(await replay(options)).toMatchObject({ verified: true, states: { through: "sql" } });
  });

  it("writes nothing where NATS does not answer, and ends with 6", async () => {
    const path = await files.write("a.jsonl", runOf("a", 1));
    // Nobody listens at the port of discards.
    const smith = smithOn(database.url, { env: { SMITH_NATS_URL: "nats://127.0.0.1:9" } });
    const { code, json } = await smith(`replay ${path}`);
    expect({ code, json }).toMatchObject({ code: 6, json: { error: { code: "NATS_UNREACHABLE" } } });
    expect(await psql(database.url, "SELECT FROM agents.registry")).toEqual([]);
  });

  it("removes what a killed paced replay has left, and puts the state of the whole run", async () => {
    const path = await files.write("a.jsonl", runOf("a", 4));
    const last = await gate("tasks.executions", "NEW.result ->> 'observation' = 'did 4'");
    const first = startSmith(["replay", path, "--rate", "1000"], { env: servers() });
    await expect.poll(() => last.waiting(), soon).toBe(1);
    await killed(first);
    await last.open();
    await forgotten();
    expect(await noted()).toEqual(["running"]);
    const again = await replay({ databaseUrl: database.url, paths: [path], rate: 1_000, nats: through() });
    expect(again).toMatchObject({ verified: true, states: { put: keysOfWorker } });
    expect(await noted()).toEqual(["complete"]);
  });

  it("is completed by the same command when it was killed between the commit and the puts", async () => {
    const path = await files.write("a.jsonl", runOf("a", 5));
    const before = await gate("tasks.executions", "NEW.result ->> 'observation' = 'did 5'");
    const first = startSmith(["replay", path], { env: servers() });
    await expect.poll(() => before.waiting(), soon).toBe(1);
    // nats-server takes nothing any more, so that the commit is all that comes.
    process.kill(nats.pid, "SIGSTOP");
    try {
      await before.open();
      await expect.poll(noted, soon).toEqual(["committed"]);
      await killed(first);
    } finally {
      process.kill(nats.pid, "SIGCONT");
    }
    await forgotten();
    expect(await statesOf()).toEqual([]);
    const { code, json } = await smithOn(database.url, { env: servers() })(`replay ${path}`);
    expect({ code, json }).toMatchObject({
      code: 0,
      json: {
        verified: true,
        runs: [{ outcome: "written" }],
        states: { put: keysOfWorker, flushedBy: "replay" },
      },
    });
    expect(await noted()).toEqual(["complete"]);
    expect((await statesOf()).map(({ key, value }) => [key, value])).toEqual([
      ["position", 5],
      ["run.progress", { outcome: "completed", step: 5, task: "job" }],
    ]);
  });

  it("is completed by the same command when it was killed between the puts and their flush", async () => {
    const path = await files.write("a.jsonl", runOf("a", 5));
    const flush = await gate("agents.state");
    const first = startSmith(["replay", path], { env: servers() });
    await expect.poll(() => flush.waiting(), soon).toBe(1);
    await killed(first);
    expect(await noted()).toEqual(["committed"]);
    await flush.open();
    await forgotten();
    const again = await replay({
      databaseUrl: database.url,
      paths: [path],
      nats: through({ leaseTtlMs: 500 }),
    });
    expect(again).toMatchObject({ verified: true, runs: [{ outcome: "written" }] });
    expect(await noted()).toEqual(["complete"]);
  });

  it("is completed by SQL where JetStream is not given the second time", async () => {
    const path = await files.write("a.jsonl", runOf("a", 5));
    const flush = await gate("agents.state");
    const options = { databaseUrl: database.url, paths: [path] };
    const stop = new AbortController();
    const onProgress = (doing: string) => {
      if (doing.startsWith("waiting until PostgreSQL")) stop.abort("SIGINT");
    };
    const first = replay({ ...options, nats: through(), signal: stop.signal, onProgress });
    const stopped = expect(first).rejects.toMatchObject({ code: "REPLAY_STOPPED" });
    await expect.poll(() => stop.signal.aborted, soon).toBe(true);
    await flush.open();
    await stopped;
    expect(await noted()).toEqual(["committed"]);
    expect(await replay(options)).toMatchObject({ verified: true, states: { through: "sql" } });
    expect(await noted()).toEqual(["complete"]);
  });

  it("tells what differs, ends with 1, and puts it anew the next time", async () => {
    const path = await files.write("a.jsonl", runOf("a", 2));
    await psql(
      database.url,
      `CREATE FUNCTION public.tamper() RETURNS TRIGGER LANGUAGE plpgsql AS $$
       BEGIN NEW.state_value := '"something else"'; RETURN NEW; END $$;
       CREATE TRIGGER tamper BEFORE INSERT OR UPDATE ON agents.state FOR EACH ROW
         WHEN (NEW.state_key = 'position') EXECUTE FUNCTION public.tamper();`,
    );
    const smith = smithOn(database.url, { env: servers() });
    const first = await smith(`replay ${path}`);
    expect(first.code).toBe(1);
    expect(first.json.differences).toMatchObject([
      { kind: "different", table: "agents.state", column: "state_value", expected: 2 },
    ]);
    await psql(database.url, "DROP FUNCTION public.tamper CASCADE");
    expect(await smith(`replay ${path}`)).toMatchObject({ code: 0, json: { verified: true } });
  });

  it("says so when PostgreSQL gets nothing of it, and a run by SQL says which way it went", async () => {
    const path = await files.write("a.jsonl", runOf("a", 2));
    // Somebody has the role and does nothing.
    await psql(database.url, "SELECT FROM sync.take_lease('flush', 'somebody', INTERVAL '1 hour')");
    const options = { databaseUrl: database.url, paths: [path] };
    await expect(replay({ ...options, nats: through({ flushTimeoutMs: 200 }) })).rejects.toMatchObject({
      code: "STATE_NOT_FLUSHED",
      message: expect.stringContaining("another daemon has the role flush"),
    });
    await psql(database.url, "SELECT FROM sync.give_lease('flush', 'somebody')");
    expect(await replay({ ...options, nats: through() })).toMatchObject({ verified: true });
    const smith = smithOn(database.url, { env: servers() });
    const bySql = await smith(`replay ${path} --state sql --label sql`);
    expect(bySql).toMatchObject({ code: 0, json: { states: { through: "sql" } } });
    const without = smithOn(database.url);
    expect(await without(`replay ${path} --label without`)).toMatchObject({
      code: 0,
      json: { states: { through: "sql" } },
    });
    const unnamed = await without(`replay ${path} --label unnamed --state durable`);
    expect(unnamed).toMatchObject({ code: 2, json: { error: { code: "NO_NATS_URL" } } });
  });
});

describe("a replay beside smithd", () => {
  const smithd = async () => {
    const program = findSmithd();
    if (program === undefined) throw new TypeError("smithd is not built");
    const urls = { databaseUrl: database.url, natsUrl: nats.url };
    return await startSmithd(program, urls, new AbortController().signal);
  };

  it("leaves the flush to it", async () => {
    await using _ = await smithd();
    const path = await files.write("a.jsonl", runOf("a", 3));
    const result = await replay({ databaseUrl: database.url, paths: [path], nats: through() });
    expect(result).toMatchObject({ verified: true, states: { put: keysOfWorker, flushedBy: "smithd" } });
  });

  it("takes the flush over when it is killed in the middle of it, and loses nothing", async () => {
    await using daemon = await smithd();
    const path = await files.write("a.jsonl", runOf("a", 3));
    const flush = await gate("agents.state");
    const running = replay({
      databaseUrl: database.url,
      paths: [path],
      agents: 4,
      nats: through({ leaseTtlMs: 1_000 }),
    });
    await expect.poll(() => flush.waiting(), soon).toBeGreaterThan(0);
    await daemon.kill();
    await psql(
      database.url,
      "SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l WHERE l.objid = 4711 AND NOT l.granted",
    );
    await flush.open();
    const result = await running;
    expect(result).toMatchObject({
      verified: true,
      rows: { "agents.state": 4 * keysOfWorker },
      states: { put: 4 * keysOfWorker, flushedBy: "replay" },
    });
    expect(await noted()).toEqual(["complete"]);
  });
});
