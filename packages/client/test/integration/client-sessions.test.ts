import { createHash, randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, sql } from "../../src/index.ts";
import { useClientDatabase } from "../support/client-database.ts";
import { registerAgents } from "../support/message-agents.ts";
import { recordingProxy } from "../support/recording-proxy.ts";

const hourMs = 3_600_000;
const hashOf = (token: string) => createHash("sha256").update(token).digest("hex");

describe.each(clusters())("sessions of the client on PostgreSQL $major", (cluster) => {
  const database = useClientDatabase(cluster);
  const sessions = () => database().db.sessions;
  let userId = "";
  beforeEach(() => {
    userId = `user-${randomUUID()}`;
  });

  const begin = (input: { readonly expiresInMs?: number; readonly maxPerOwner?: number } = {}) =>
    sessions().create({ userId, expiresInMs: hourMs, ...input });
  // What time does, without waiting for it.
  const age = (sessionId: string, ms: number) =>
    database().db.write.query(
      sql.type(z.object({}))`
        UPDATE sessions.active AS s
        SET created_at = s.created_at - t.age, last_activity = s.last_activity - t.age, expires_at = s.expires_at - t.age
        FROM (SELECT ${ms}::DOUBLE PRECISION * INTERVAL '1 millisecond' AS age) AS t
        WHERE s.session_id = ${sessionId}::UUID
      `,
    );

  it("begin with a token that opens them, and with all that was given", async () => {
    const [agentId = ""] = await registerAgents(database().db, ["t"]);
    const { token, session } = await sessions().create({
      agentId,
      userId,
      sessionType: "api",
      expiresInMs: hourMs,
      sessionData: { cart: [1] },
      preferences: { theme: "dark" },
      permissions: ["read"],
      ipAddress: "2001:db8::1",
      userAgent: "curl/8",
    });
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(session).toMatchObject({
      agentId,
      userId,
      sessionType: "api",
      sessionData: { cart: [1] },
      preferences: { theme: "dark" },
      permissions: ["read"],
      ipAddress: "2001:db8::1",
      userAgent: "curl/8",
    });
    expect(+session.expiresAt - +session.createdAt).toBe(hourMs);
    expect(await sessions().authenticate(token)).toEqual(session);
    expect(await sessions().get(session.sessionId)).toEqual(session);
  });

  it("keep their token to the process: the server is sent its hash and nothing else of it", async () => {
    await using proxy = await recordingProxy(database().url);
    const db = await createDatabase({ primary: { url: proxy.url } });
    const { token, session } = await db.sessions.create({ userId, expiresInMs: hourMs, maxPerOwner: 3 });
    await db.sessions.authenticate(token);
    await db.sessions.touch(token, { extendMs: hourMs, atMostEveryMs: 0 });
    await db.sessions.list({ userId });
    await db.sessions.revokeToken(token);
    await db.close();
    const sent = proxy.sent().toString("latin1");
    expect(sent).toContain(`sha256:${hashOf(token)}`);
    for (const form of [
      token,
      Buffer.from(token).toString("hex"),
      Buffer.from(token, "base64url").toString("hex"),
      Buffer.from(token, "base64url").toString("latin1"),
    ])
      expect(sent).not.toContain(form);
    expect(JSON.stringify(session)).not.toContain(hashOf(token));
  });

  it("show neither token nor hash, listed or not", async () => {
    const { token } = await begin();
    const shown = JSON.stringify([await sessions().list({ userId }), await sessions().authenticate(token)]);
    expect(shown).not.toContain(token);
    expect(shown).not.toContain(hashOf(token));
    expect(shown).not.toContain("sha256:");
  });

  it("are opened by no token that is wrong, cut, expired, revoked or malformed: each gives null", async () => {
    const good = await begin();
    const expired = await begin();
    await age(expired.session.sessionId, hourMs);
    const revoked = await begin();
    expect(await sessions().revokeToken(revoked.token)).toBe(true);
    expect(await sessions().revokeToken(revoked.token)).toBe(false);
    for (const token of [
      expired.token,
      revoked.token,
      good.token.slice(1),
      `${good.token}A`,
      `sha256:${hashOf(good.token)}`,
      hashOf(good.token),
      "",
      "x\0y".repeat(20),
      "\ud800".repeat(40),
      "x".repeat(2_000_000),
    ]) {
      expect(await sessions().authenticate(token)).toBeNull();
      expect(await sessions().touch(token)).toBeNull();
    }
    expect(await sessions().authenticate(good.token)).toEqual(good.session);
  });

  it("keep their time also where their number is limited and no connection is free", async () => {
    await using narrow = await createDatabase({ primary: { url: database().url, max: 1 } });
    await narrow.transaction(async () => {
      await expect(
        narrow.sessions.create({ userId, expiresInMs: hourMs, maxPerOwner: 3 }, { timeoutMs: 200 }),
      ).rejects.toMatchObject({ code: "TIMEOUT" });
    });
  });

  it("ask the server the same for every kind of wrong token", async () => {
    await using proxy = await recordingProxy(database().url);
    const db = await createDatabase({ primary: { url: proxy.url } });
    const { token } = await db.sessions.create({ userId, expiresInMs: hourMs });
    const lengths: number[] = [];
    const clientPort = sql.type(z.object({ port: z.int() }))`SELECT pg_catalog.inet_client_port() AS port`;
    // On one connection, and some times before: what is done once for a new statement is done then.
    await db.transaction(async (tx) => {
      const port = await tx.oneFirst(clientPort);
      for (const _ of [1, 2, 3]) await tx.sessions.authenticate(token);
      for (const given of [token, "", "x".repeat(43), "x".repeat(5000)]) {
        const before = proxy.sentFrom(port).length;
        await tx.sessions.authenticate(given);
        lengths.push(proxy.sentFrom(port).length - before);
      }
    });
    await db.close();
    expect(lengths[0]).toBeGreaterThan(64);
    expect(new Set(lengths).size).toBe(1);
  });

  it("are found by their token in one partition alone", async () => {
    const plan = await database().db.read.any(
      sql.type(z.record(z.string(), z.string()))`
        EXPLAIN (COSTS OFF) SELECT FROM sessions.active AS s
        WHERE s.session_token = ${`sha256:${hashOf("x")}`} AND s.expires_at > pg_catalog.statement_timestamp()
      `,
    );
    expect(plan.flatMap(Object.values).filter((line) => /Scan.* on active/.test(line))).toHaveLength(1);
  });

  describe("when they are used", () => {
    it("last longer, but never shorter than they did, and no longer than they may", async () => {
      const { token, session } = await begin();
      const touched = await sessions().touch(token, { extendMs: 2 * hourMs, atMostEveryMs: 0 });
      expect(+(touched?.expiresAt ?? 0)).toBeGreaterThan(+session.expiresAt + hourMs - 1);
      const shorter = await sessions().touch(token, { extendMs: 1, atMostEveryMs: 0 });
      expect(shorter?.expiresAt).toEqual(touched?.expiresAt);
      const most = { extendMs: 9 * hourMs, maxLifetimeMs: 3 * hourMs, atMostEveryMs: 0 };
      const capped = await sessions().touch(token, most);
      expect(+(capped?.expiresAt ?? 0)).toBe(+session.createdAt + 3 * hourMs);
    });

    it("are not written again before it is time", async () => {
      const { token, session } = await begin();
      const early = await sessions().touch(token, { extendMs: 2 * hourMs, atMostEveryMs: 60_000 });
      expect(early).toEqual(session);
      await age(session.sessionId, 61_000);
      const version = sql.type(z.object({ xmin: z.string() }))`
        SELECT s.xmin::TEXT AS xmin FROM sessions.active AS s WHERE s.session_id = ${session.sessionId}::UUID`;
      const before = await database().db.write.oneFirst(version);
      const due = await Promise.all(Array.from({ length: 6 }, () => sessions().touch(token)));
      expect(due.every((touched) => touched !== null)).toBe(true);
      const after = await database().db.write.oneFirst(version);
      expect(after).not.toBe(before);
      await sessions().touch(token);
      expect(await database().db.write.oneFirst(version)).toBe(after);
    });
  });

  it("take new data, preferences and permissions, each by itself", async () => {
    const { session } = await begin();
    await sessions().update(session.sessionId, { sessionData: { a: 1 }, preferences: { b: 2 } });
    const changed = await sessions().update(session.sessionId, { permissions: ["write"], preferences: null });
    expect(changed).toMatchObject({ sessionData: { a: 1 }, preferences: null, permissions: ["write"] });
    await age(session.sessionId, hourMs);
    await expect(sessions().update(session.sessionId, { sessionData: 1 })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining(session.sessionId),
    });
  });

  it("are revoked by their identifier, by token, and all of an owner but one", async () => {
    const [one, two, three, four] = [await begin(), await begin(), await begin(), await begin()];
    expect(await sessions().revoke([one.session.sessionId, randomUUID()])).toBe(1);
    expect(await sessions().revoke(one.session.sessionId)).toBe(0);
    expect(await sessions().revokeToken(two.token)).toBe(true);
    expect(await sessions().revokeAll({ userId }, { exceptSessionId: four.session.sessionId })).toBe(1);
    expect(await sessions().authenticate(three.token)).toBeNull();
    expect(await sessions().authenticate(four.token)).not.toBeNull();
    const [agentId = ""] = await registerAgents(database().db, ["t"]);
    await sessions().create({ agentId, expiresInMs: hourMs });
    expect(await sessions().revokeAll({ agentId })).toBe(1);
  });

  it("are listed and counted without the expired ones, the latest first, page by page", async () => {
    const all = [await begin(), await begin(), await begin()];
    const expired = await begin();
    await age(expired.session.sessionId, hourMs);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await sessions().list({ userId, limit: 2, cursor });
      seen.push(...page.items.map(({ sessionId }) => sessionId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(all.map(({ session }) => session.sessionId).toReversed());
    expect(await sessions().count({ userId })).toBe(3);
    expect(await sessions().count({ userId, includeExpired: true })).toBe(4);
    expect(await sessions().get(expired.session.sessionId)).toBeNull();
    expect(await sessions().reap()).toBeGreaterThanOrEqual(1);
    expect(await sessions().count({ userId, includeExpired: true })).toBe(3);
  });

  it("never are more than an owner may have, also when many begin at once; the longest unused go", async () => {
    const first = await begin({ maxPerOwner: 3 });
    const used = await begin({ maxPerOwner: 3 });
    await age(first.session.sessionId, 1000);
    await begin({ maxPerOwner: 3 });
    await begin({ maxPerOwner: 3 });
    expect(await sessions().authenticate(first.token)).toBeNull();
    expect(await sessions().authenticate(used.token)).not.toBeNull();
    await Promise.all(Array.from({ length: 8 }, () => begin({ maxPerOwner: 3 })));
    expect(await sessions().count({ userId })).toBe(3);
  });

  it.each([
    ["a user", async () => ({ first: { userId }, second: { userId } })],
    [
      "an agent, whose UUID may be written in two ways",
      async () => {
        const [agentId = ""] = await registerAgents(database().db, ["owner"]);
        return { first: { agentId }, second: { agentId: agentId.toUpperCase() } };
      },
    ],
  ])("never are more than %s may have when one begins while another is about to", async (_, owners) => {
    const { db } = database();
    const { first, second } = await owners();
    const limited = { expiresInMs: hourMs, maxPerOwner: 1 };
    const waits = sql.type(z.object({ waits: z.boolean() }))`
      SELECT EXISTS (
        SELECT FROM pg_locks AS l
        WHERE
          l.locktype = 'advisory' AND NOT l.granted
          AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
      ) AS waits`;
    let isDone = false;
    let other: Promise<unknown> | undefined;
    await db.transaction(async (tx) => {
      await tx.sessions.create({ ...first, ...limited });
      other = sessions()
        .create({ ...second, ...limited })
        .finally(() => {
          isDone = true;
        });
      while (!isDone && !(await tx.oneFirst(waits)));
    });
    await other;
    expect(await sessions().count(first)).toBe(1);
  });

  it("are refused with what is wrong, and never with the token", async () => {
    const { create } = sessions();
    const nobody = "00000000-0000-4000-8000-0000000000ff";
    await expect(create({ agentId: nobody, expiresInMs: 1000 })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `agent ${nobody} does not exist`,
    });
    await expect(create({ userId: "a\0b", expiresInMs: 1000 })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
    await expect(create({ userId, expiresInMs: 0 })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await expect(create({ userId, expiresInMs: 1000, ipAddress: "here" })).rejects.toMatchObject({
      message: expect.stringContaining("not an IP address"),
    });
    await expect(create({ userId, expiresInMs: 1000, sessionData: { a: "\0" } })).rejects.toMatchObject({
      message: expect.stringContaining("$.a"),
    });
    await expect(create({ expiresInMs: 1000, maxPerOwner: 1 })).rejects.toMatchObject({
      message: expect.stringContaining("owner"),
    });
  });

  it("are those of the transaction they are begun in", async () => {
    const { db } = database();
    let token = "";
    const undone = db.transaction(async (tx) => {
      token = (await tx.sessions.create({ userId, expiresInMs: hourMs, maxPerOwner: 1 })).token;
      expect(await tx.sessions.authenticate(token)).not.toBeNull();
      throw new RangeError("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(await sessions().authenticate(token)).toBeNull();
  });
});
