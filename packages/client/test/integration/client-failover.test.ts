import { readFile } from "node:fs/promises";
import type { EmbeddedPostgres, EmbeddedReplica } from "@mister-smith/embedded";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ClientError, type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { addNote, addressOf, countNotes, openDatabase, serverPort } from "../support/replicated-database.ts";
import { ask, postgresMajors } from "../support/replicated-servers.ts";
import { type ResettableServers, resettableServers } from "../support/resettable-servers.ts";

describe.each(await postgresMajors())("writing to PostgreSQL $major over a failover", ({ binDir }) => {
  let servers: ResettableServers;
  let primary: EmbeddedPostgres;
  let standby: EmbeddedReplica;
  let db: Database;
  beforeAll(async () => {
    servers = await resettableServers({
      binDir,
      settings: { log_statement: "all", log_line_prefix: "%m " },
    });
    primary = servers.primary;
    const [first] = servers.replicas;
    if (first === undefined) throw new Error("a replica was asked for");
    standby = first;
  });
  beforeEach(async () => {
    await servers.reset();
  });
  afterEach(async () => {
    await db?.close();
  });
  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
  });

  it("finds the promoted replica without a restart: every answered write is there, none reached a server in recovery, and an old primary that comes back gets none", async () => {
    db = await openDatabase({ primaries: [primary, standby], replicas: [standby] });
    // What is answered must be on the standby before the primary dies: else not this client has lost it.
    await ask(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await ask(primary.url, "SELECT pg_reload_conf()");
    await eventually("the primary waits for its standby", async () => {
      const [row] = await ask(
        primary.url,
        "SELECT count(*)::int AS n FROM pg_stat_replication WHERE sync_state = 'sync'",
      );
      return row?.["n"] === 1;
    });
    const moves: string[] = [];
    db.on("failover", ({ from, to, timeline }) => moves.push(`${from} ${to} ${timeline}`));
    const load = writeUnderLoad(8);
    await eventually("writes run", () => load.answered.size > 100);

    await primary.kill();
    const issuedAtDeath = load.issued();
    const atDeath = load.answered.size;
    await standby.promote();
    await eventually("writes go on", () => load.answered.size > atDeath + 100);
    expect(moves).toEqual([`${addressOf(primary)} ${addressOf(standby)} 2`]);
    // As a server of the list of replicas it is none that is behind, but the one that has everything.
    await eventually("reads go there too", async () => (await db.read.oneFirst(serverPort)) === standby.port);

    await primary.start();
    await eventually("the old primary is seen", async () => {
      const [row] = await ask(
        primary.url,
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'smith/%'",
      );
      return Number(row?.["n"]) > 0;
    });
    const atReturn = load.answered.size;
    await eventually("writes go on", () => load.answered.size > atReturn + 100);
    await load.stop();

    const there = await notesOn(standby);
    expect([...load.answered].filter((id) => !there.has(id))).toEqual([]);
    // Whoever was told that it failed for good has nothing there; those not known may have.
    expect([...load.failed.keys()].filter((id) => there.has(id))).toEqual([]);
    expect([...load.failed.values()]).toEqual([]);
    const explained = new Set([...load.answered, ...load.unknown]);
    expect([...there].filter((id) => !explained.has(id))).toEqual([]);
    expect([...(await notesOn(primary))].filter((id) => id > issuedAtDeath)).toEqual([]);
    expect(refusals(await readFile(standby.logFile, "utf8"))).toEqual([]);
  });

  it("goes back to the primary when that alone was restarted, and no write of it is reported wrong", async () => {
    db = await openDatabase({ primaries: [primary, standby] });
    const load = writeUnderLoad(4);
    await eventually("writes run", () => load.answered.size > 50);
    await primary.kill();
    await primary.start();
    const atReturn = load.answered.size;
    await eventually("writes go on", () => load.answered.size > atReturn + 50);
    await load.stop();
    const there = await notesOn(primary);
    expect([...load.answered].filter((id) => !there.has(id))).toEqual([]);
    expect([...load.failed.values()]).toEqual([]);
    expect(await db.read.oneFirst(countNotes)).toBe(there.size);
  });

  it("runs a transaction again on the restarted server when that went away in its midst", async () => {
    db = await openDatabase({ primaries: [primary] });
    let tries = 0;
    await db.transaction(async (tx) => {
      tries += 1;
      await tx.one(addNote(tries));
      if (tries > 1) return;
      await primary.kill();
      await primary.start();
      await tx.one(addNote(100));
    });
    expect(tries).toBe(2);
    expect([...(await notesOn(primary))]).toEqual([2]);
  });

  it("refuses an old primary when it is all there is, and says so", async () => {
    db = await openDatabase({ primaries: [primary, standby] });
    await db.write.one(addNote(1));
    await primary.kill();
    await standby.promote();
    await db.write.one(addNote(2));
    await standby.kill();
    await primary.start();
    await expect(db.write.one(addNote(3), { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: "NO_PRIMARY",
      details: {
        servers: [
          { address: addressOf(primary), why: expect.stringContaining("an old primary that came back") },
          { address: addressOf(standby), why: expect.stringContaining("does not answer") },
        ],
      },
    });
    expect(await ask(primary.url, "SELECT id FROM notes WHERE id > 1")).toEqual([]);
  });

  it("writes to no old primary from a background pool that names it in other words", async () => {
    db = await openDatabase(
      { primaries: [primary, standby] },
      { background: { addresses: [`localhost:${primary.port}`] } },
    );
    await db.background.one(addNote(1));
    const running = db.background
      .one(
        sql.type(z.object({ id: z.int() }))`INSERT INTO notes (id) SELECT 2 FROM pg_sleep(600) RETURNING id`,
      )
      .catch((error: unknown) => error);
    await eventually("it runs", async () => {
      const pids = await ask(primary.url, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      return pids.length === 1;
    });
    // The old primary goes on: to the background pool alone it is as it was.
    await standby.promote();
    expect(await running).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await db.write.one(addNote(3))).toEqual({ id: 3 });
    await expect(db.background.one(addNote(4), { timeoutMs: 500 })).rejects.toMatchObject({
      code: "NO_PRIMARY",
      message: expect.stringContaining("an old primary that came back"),
    });
    const pools = (await db.health()).pools;
    expect(pools.find(({ name }) => name === "background")).toMatchObject({
      healthy: false,
      why: expect.stringContaining("is not the primary that is in use"),
    });
    expect(await ask(primary.url, "SELECT id FROM notes WHERE id > 1")).toEqual([]);
  });

  it("opens without any primary, says so when the time is up, and writes when one was promoted", async () => {
    await primary.kill();
    db = await openDatabase({ primaries: [primary, standby] });
    await expect(db.ready({ timeoutMs: 300 })).rejects.toMatchObject({
      code: "NO_PRIMARY",
      message: expect.stringContaining(`${addressOf(standby)} is in recovery`),
    });
    await expect(db.write.one(addNote(1), { timeoutMs: 300 })).rejects.toMatchObject({ code: "NO_PRIMARY" });
    const waiting = db.write.oneFirst(addNote(2));
    await standby.promote();
    expect(await waiting).toBe(2);
  });

  async function notesOn({ url }: EmbeddedPostgres): Promise<ReadonlySet<number>> {
    const rows = await ask(url, "SELECT id FROM notes");
    return new Set(rows.map((row) => Number(row["id"])));
  }

  function writeUnderLoad(callers: number) {
    const answered = new Set<number>();
    const unknown = new Set<number>();
    const failed = new Map<number, unknown>();
    let id = 0;
    let stopped = false;
    const write = async () => {
      id += 1;
      const mine = id;
      try {
        if (mine % 3 === 0) await db.transaction((tx) => tx.one(addNote(mine)));
        else await db.write.one(addNote(mine));
        answered.add(mine);
      } catch (error) {
        if (error instanceof ClientError && error.code === "OUTCOME_UNKNOWN") unknown.add(mine);
        else failed.set(mine, error);
      }
    };
    const running = Array.from({ length: callers }, async () => {
      while (!stopped) await write();
    });
    return {
      answered,
      unknown,
      failed,
      issued: () => id,
      stop: async () => {
        stopped = true;
        await Promise.all(running);
      },
    };
  }
});

// A server in recovery says so to whoever sends it a write.
function refusals(log: string): readonly string[] {
  return log.split("\n").filter((line) => line.includes("in a read-only transaction"));
}
