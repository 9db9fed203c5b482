import type { TestDatabase } from "@mister-smith/testkit";
import { createTestDatabase } from "@mister-smith/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { replay } from "../../src/replay/replay.ts";
import { emptyAgain, migratedDatabase, psql, RunFiles, rowsInAll, runOf } from "./replay-database.ts";

const atOnce = { how: "in one transaction", pace: {} };
const paced = { how: "paced", pace: { rate: 100_000 } };

/** Makes the database itself refuse the fifth step of a run. */
const refuseStepFive = `
  CREATE FUNCTION public.refuse_step_five() RETURNS TRIGGER LANGUAGE plpgsql AS $$
  BEGIN
    RAISE EXCEPTION 'the disk is on fire';
  END $$;
  CREATE TRIGGER refuse_step_five BEFORE INSERT ON tasks.executions FOR EACH ROW
    WHEN (NEW.result ->> 'observation' = 'did 5') EXECUTE FUNCTION public.refuse_step_five();`;

describe("a replay that cannot be right", () => {
  let database: TestDatabase;
  let files: RunFiles;

  beforeAll(async () => {
    [database, files] = await Promise.all([migratedDatabase(), RunFiles.make()]);
  });
  afterEach(async () => {
    await emptyAgain(database.url);
  });
  afterAll(async () => {
    await files[Symbol.asyncDispose]();
    await database.drop();
  });

  const pathOf = (steps = 8) => files.write("a.jsonl", runOf("a", steps));
  const run = async (more: object = {}) =>
    await replay({ databaseUrl: database.url, paths: [await pathOf()], ...more });

  it.each([atOnce, paced])("leaves nothing of a run that fails at step 5 ($how)", async ({ pace }) => {
    await psql(database.url, refuseStepFive);
    await expect(run(pace)).rejects.toMatchObject({
      message: expect.stringMatching(/cannot write step 5 of run a#1 \(.*a\.jsonl\): the disk is on fire/),
    });
    expect(await rowsInAll(database.url)).toBe(0);
  });

  it.each([atOnce, paced])(
    "leaves nothing of a run whose connection dies at step 5 ($how)",
    async ({ pace }) => {
      const dieAtStepFive = refuseStepFive.replace(
        "RAISE EXCEPTION 'the disk is on fire'",
        "PERFORM pg_terminate_backend(pg_backend_pid())",
      );
      await psql(database.url, dieAtStepFive);
      await expect(run(pace)).rejects.toMatchObject({
        code: "DATABASE",
        errorClass: "connection",
        message: expect.stringContaining("step 5 of run a#1"),
      });
      expect(await rowsInAll(database.url)).toBe(0);
    },
  );

  it("keeps whole the runs that were finished before another one failed", async () => {
    const good = await files.write("good.jsonl", runOf("good", 2));
    await psql(database.url, refuseStepFive);
    const options = { databaseUrl: database.url, paths: [good, await pathOf()], concurrency: 1 };
    await expect(replay(options)).rejects.toThrow("step 5 of run a#1");
    const result = await replay({ databaseUrl: database.url, paths: [good] });
    expect(result).toMatchObject({ verified: true, written: { rows: 0 } });
    expect(await rowsInAll(database.url)).toBe(
      Object.values(result.rows).reduce((sum, rows) => sum + rows, 0),
    );
  });

  it.each([atOnce, paced])("leaves nothing of a run that is stopped on its way ($how)", async ({ pace }) => {
    const stop = new AbortController();
    const onProgress = (doing: string) => {
      if (doing.startsWith("replaying: step 4")) stop.abort("SIGINT");
    };
    await expect(run({ ...pace, signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: "REPLAY_STOPPED",
    });
    expect(await rowsInAll(database.url)).toBe(0);
  });

  it.each([atOnce, paced])("cancels what runs on the server when it is stopped ($how)", async ({ pace }) => {
    await psql(
      database.url,
      refuseStepFive.replace("RAISE EXCEPTION 'the disk is on fire'", "PERFORM pg_sleep(600)"),
    );
    const sleeping = async () =>
      await psql(
        database.url,
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'",
      );
    const stop = new AbortController();
    const stopped = expect(run({ ...pace, signal: stop.signal })).rejects.toMatchObject({
      code: "REPLAY_STOPPED",
    });
    await vi.waitFor(async () => expect(await sleeping()).toHaveLength(1), 20_000);
    stop.abort("SIGINT");
    await stopped;
    expect(await sleeping()).toEqual([]);
    expect(await rowsInAll(database.url)).toBe(0);
  });

  it("removes what a killed paced replay has left, and writes the run anew", async () => {
    const whole = await run();
    await psql(
      database.url,
      `UPDATE agents.registry SET metadata = jsonb_set(metadata, '{replay,state}', '"running"');
       DELETE FROM messages.log WHERE payload ->> 'action' IN ('do 7', 'do 8');`,
    );
    expect(await run()).toMatchObject({ verified: true, runs: [{ outcome: "written" }], rows: whole.rows });
    expect(await rowsInAll(database.url)).toBe(whole.written.rows);
  });

  it("finds a value that the database changed on the way, and says where", async () => {
    await psql(
      database.url,
      `CREATE FUNCTION public.tamper() RETURNS TRIGGER LANGUAGE plpgsql AS $$
       BEGIN NEW.payload := jsonb_set(NEW.payload, '{observation}', '"something else"'); RETURN NEW; END $$;
       CREATE TRIGGER tamper BEFORE INSERT ON messages.log FOR EACH ROW
         WHEN (NEW.payload ->> 'observation' = 'did 3') EXECUTE FUNCTION public.tamper();`,
    );
    const result = await run();
    expect(result.verified).toBe(false);
    expect(result.differences).toMatchObject([
      {
        kind: "different",
        table: "messages.log",
        column: "payload",
        expected: { observation: "did 3" },
        actual: { observation: "something else" },
      },
    ]);
  });

  it.each([
    ["a row that is gone", "DELETE FROM knowledge.facts", { kind: "missing", table: "knowledge.facts" }],
    [
      "a row that nobody recorded",
      "INSERT INTO knowledge.facts (entity_type, entity_id, predicate, object_value, object_type, source_agent_id) SELECT 'x', 'y', 'z', '1', 'number', agent_id FROM agents.registry",
      { kind: "extra", table: "knowledge.facts" },
    ],
    [
      "a time that is a microsecond off",
      "UPDATE messages.log SET delivered_at = NULL, sent_at = sent_at WHERE FALSE; UPDATE agents.registry SET created_at = created_at + INTERVAL '1 microsecond'",
      { kind: "different", table: "agents.registry", column: "created_at" },
    ],
    [
      "a state that was written once more",
      "UPDATE agents.state SET version = version + 1 WHERE state_key = 'position'",
      { kind: "different", table: "agents.state", column: "version", expected: 8, actual: 9 },
    ],
    [
      "an execution whose error was made up",
      "UPDATE tasks.executions SET error_details = 'null' WHERE result ->> 'observation' = 'did 2'",
      { kind: "different", table: "tasks.executions", column: "error_details", actual: null },
    ],
  ])("finds %s", async (_, change, difference) => {
    await run();
    await psql(database.url, change);
    const result = await run();
    expect(result.verified).toBe(false);
    expect(result.differences).toMatchObject([difference]);
  });

  it("refuses a run of the same id with another content, and changes nothing", async () => {
    await run();
    const before = await rowsInAll(database.url);
    const changed = await files.write("a.jsonl", runOf("a", 9));
    await expect(replay({ databaseUrl: database.url, paths: [changed] })).rejects.toMatchObject({
      code: "RUN_CHANGED",
    });
    expect(await rowsInAll(database.url)).toBe(before);
  });

  it("writes nothing of any file when one of them is cut in the middle", async () => {
    const cut = JSON.stringify({ trajectory: [{ action: "ls", observation: "x" }] }).slice(0, 40);
    const paths = [await pathOf(), await files.write("cut.traj", cut)];
    await expect(replay({ databaseUrl: database.url, paths })).rejects.toMatchObject({
      code: "RUN_DAMAGED",
      details: { file: paths[1], line: 1, column: 41 },
    });
    expect(await rowsInAll(database.url)).toBe(0);
  });

  it("lists every damaged file", async () => {
    const paths = [
      await files.write("x.jsonl", "{"),
      await files.write("y.jsonl", runOf("y", 1).slice(0, -20)),
    ];
    await expect(replay({ databaseUrl: database.url, paths })).rejects.toThrow(
      /2 of 2 files are damaged\n.*x\.jsonl, line 1.*\n.*y\.jsonl, line 8/,
    );
  });

  it("refuses bytes that are not UTF-8 with their line", async () => {
    const path = await pathOf(2);
    const { readFile, writeFile } = await import("node:fs/promises");
    const bytes = await readFile(path);
    bytes[bytes.indexOf("did 1")] = 0xff;
    await writeFile(path, bytes);
    await expect(replay({ databaseUrl: database.url, paths: [path] })).rejects.toMatchObject({
      code: "RUN_DAMAGED",
      details: { line: 5 },
    });
  });

  it("lets only one process replay the same run", async () => {
    let second: Promise<unknown> | undefined;
    const sleep = async () => {
      second ??= run().catch((error: unknown) => error);
      await second;
    };
    await run({ rate: 10, clock: { now: () => 0, sleep } });
    expect(await second).toMatchObject({ code: "REPLAY_RUNNING" });
  });
});

describe("a database that cannot take a replay", () => {
  it("is told apart when it is not migrated", async () => {
    await using files = await RunFiles.make();
    await using database = await createTestDatabase();
    const path = await files.write("a.jsonl", runOf("a", 1));
    await expect(replay({ databaseUrl: database.url, paths: [path] })).rejects.toMatchObject({
      code: "DATABASE_NOT_MIGRATED",
      message: "the database is not migrated",
      hint: expect.stringContaining("smith migrate up"),
    });
  });

  it("is told apart when it is at an older schema", async () => {
    await using files = await RunFiles.make();
    await using database = await migratedDatabase();
    await psql(database.url, "ALTER TABLE knowledge.facts DROP COLUMN evidence");
    const path = await files.write("a.jsonl", runOf("a", 1));
    await expect(replay({ databaseUrl: database.url, paths: [path] })).rejects.toMatchObject({
      errorClass: "missing-object",
      message: expect.stringContaining("evidence"),
      hint: expect.stringContaining("smith migrate up"),
    });
    expect(await rowsInAll(database.url)).toBe(0);
  });

  it("is told apart when it does not answer", async () => {
    await using files = await RunFiles.make();
    const path = await files.write("a.jsonl", runOf("a", 1));
    await expect(replay({ databaseUrl: "postgres://x@127.0.0.1:1/x", paths: [path] })).rejects.toMatchObject({
      code: "DATABASE",
      errorClass: "connection",
    });
  });
});
