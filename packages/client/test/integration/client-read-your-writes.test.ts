import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Database, sql } from "../../src/index.ts";
import { eventually } from "../support/eventually.ts";
import { addNote, countNotes, openDatabase, serverPort } from "../support/replicated-database.ts";
import {
  ask,
  postgresMajors,
  type ReplicatedServers,
  replicatedServers,
} from "../support/replicated-servers.ts";

describe.each(await postgresMajors())("reading one's own writes on PostgreSQL $major", ({ binDir }) => {
  let servers: ReplicatedServers;
  let replica: { readonly url: string; readonly port: number };
  let db: Database;
  beforeAll(async () => {
    servers = await replicatedServers({ binDir });
    replica = servers.replicas[0] ?? servers.primary;
  });
  afterAll(async () => {
    await servers[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await db.close();
    await ask(replica.url, "SELECT pg_wal_replay_resume()");
    await ask(servers.primary.url, "TRUNCATE notes");
    await servers.revive();
  });

  async function open(readYourWritesMs: number) {
    db = await openDatabase(
      { primaries: [servers.primary], replicas: [replica] },
      { replicaLag: { readYourWritesMs } },
    );
    await eventually(
      "the replica takes reads",
      async () => (await db.read.oneFirst(serverPort)) === replica.port,
    );
  }

  it("gives each write a token, a text, and a read with it sees the write on the replica", async () => {
    await open(30_000);
    for (let id = 1; id <= 20; id += 1) {
      const { value, token } = await db.writeWithToken((tx) => tx.oneFirst(addNote(id)));
      expect(value).toBe(id);
      expect(JSON.parse(JSON.stringify({ token }))).toEqual({ token: expect.stringMatching(/^1:/) });
      const after = db.read.after(token);
      expect(await after.oneFirst(countNotes)).toBe(id);
      expect(await after.oneFirst(serverPort)).toBe(replica.port);
    }
  });

  it("waits for a replica that is paused, and reads there as soon as it goes on", async () => {
    await open(30_000);
    await ask(replica.url, "SELECT pg_wal_replay_pause()");
    const { token } = await db.writeWithToken((tx) => tx.oneFirst(addNote(1)));
    const counted = db.read.after(token).oneFirst(countNotes);
    const where = db.read.after(token).oneFirst(serverPort);
    // Whoever has no token is not held up, and may see what was.
    expect(await db.read.oneFirst(countNotes)).toBe(0);
    await ask(replica.url, "SELECT pg_wal_replay_resume()");
    expect([await counted, await where]).toEqual([1, replica.port]);
  });

  it("goes to the primary when the replica stays behind", async () => {
    await open(50);
    await ask(replica.url, "SELECT pg_wal_replay_pause()");
    const { token } = await db.writeWithToken((tx) => tx.oneFirst(addNote(1)));
    expect(await db.read.after(token).oneFirst(countNotes)).toBe(1);
    expect(await db.read.after(token).oneFirst(serverPort)).toBe(servers.primary.port);
  });

  it("sees writes that were answered before they were flushed", async () => {
    await open(30_000);
    const unflushed = sql.type(z.object({}))`SET LOCAL synchronous_commit = off`;
    for (let id = 1; id <= 10; id += 1) {
      const { token } = await db.writeWithToken(async (tx) => {
        await tx.query(unflushed);
        return await tx.oneFirst(addNote(id));
      });
      expect(await db.read.after(token).oneFirst(countNotes)).toBe(id);
    }
  });

  it("goes to the primary with a token of another timeline, and refuses what is no token at once", async () => {
    await open(30_000);
    expect(await db.read.after("7:0/1").oneFirst(serverPort)).toBe(servers.primary.port);
    expect(await db.read.after("primary").oneFirst(serverPort)).toBe(servers.primary.port);
    expect(() => db.read.after("0/16B3740")).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: '"0/16B3740" is not a token of a write' }),
    );
  });

  it("goes to the primary when the replica that it waits for dies, without waiting on", async () => {
    await open(3_600_000);
    await ask(replica.url, "SELECT pg_wal_replay_pause()");
    const { token } = await db.writeWithToken((tx) => tx.oneFirst(addNote(1)));
    const counted = db.read.after(token).oneFirst(countNotes);
    await servers.replicas[0]?.kill();
    expect(await counted).toBe(1);
    expect(await db.read.after(token).oneFirst(countNotes)).toBe(1);
    await servers.revive();
  });
});
