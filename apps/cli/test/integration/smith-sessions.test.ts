import { createHash, randomUUID } from "node:crypto";
import { clusters } from "@mister-smith/testkit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unknownId, useOperatedSystem, widestLine } from "./operated-system.ts";

const hourMs = 3_600_000;

describe.each(clusters())("smith sessions on PostgreSQL $major", (cluster) => {
  const system = useOperatedSystem(cluster);
  const sessions = () => system().db.sessions;
  let agentId = "";
  let userId = "";

  beforeAll(async () => {
    ({ agentId } = await system().db.agents.register({ agentType: "crew", agentName: "ada" }));
  });
  beforeEach(() => {
    userId = `user-${randomUUID().slice(0, 8)}`;
  });

  const begin = async (more: object = {}) =>
    await sessions().create({
      userId,
      expiresInMs: hourMs,
      sessionData: { apiKey: "very-secret" },
      permissions: ["read"],
      ...more,
    });
  const listed = async (line: string): Promise<string[]> => {
    const { code, json } = await system().smith(line);
    expect(code).toBe(0);
    return json.sessions.map((one: { sessionId: string }) => one.sessionId);
  };

  it("lists sessions, the latest first, by whose they are, and page by page", async () => {
    const one = await begin();
    const two = await begin({ sessionType: "api", agentId });
    const of = `sessions list --user ${userId}`;
    expect(await listed(of)).toEqual([two.session.sessionId, one.session.sessionId]);
    expect(await listed(`${of} --agent ${agentId}`)).toEqual([two.session.sessionId]);
    expect(await listed(`${of} --type interactive`)).toEqual([one.session.sessionId]);
    const { nextCursor } = (await system().smith(`${of} --limit 1`)).json;
    expect(await listed(`${of} --limit 1 --cursor ${nextCursor}`)).toEqual([one.session.sessionId]);
  });

  it("lists expired ones only when they are asked for, and reaps them", async () => {
    const { session } = await begin();
    const live = await begin();
    await system().sql(
      `UPDATE sessions.active SET created_at = now() - INTERVAL '3 hours', last_activity = now() - INTERVAL '3 hours',
         expires_at = now() - INTERVAL '1 hour' WHERE session_id = '${session.sessionId}'`,
    );
    const of = `sessions list --user ${userId}`;
    expect(await listed(of)).toEqual([live.session.sessionId]);
    expect(await listed(`${of} --expired`)).toEqual([live.session.sessionId, session.sessionId]);
    expect((await system().smith(`sessions show ${session.sessionId}`)).code).toBe(8);
    expect((await system().smith("sessions reap")).json).toEqual({ reaped: 1 });
    expect(await listed(`${of} --expired`)).toEqual([live.session.sessionId]);
    expect((await system().text("sessions reap")).stdout).toBe("0 expired sessions deleted\n");
  });

  it("shows a session, and what the application keeps with it only when that is asked for", async () => {
    const { session } = await begin({ userAgent: "curl\u001b[2J", ipAddress: "192.0.2.1" });
    const { json } = await system().smith(`sessions show ${session.sessionId}`);
    expect(json.session).toEqual({
      sessionId: session.sessionId,
      userId,
      agentId: null,
      sessionType: "interactive",
      permissions: ["read"],
      ipAddress: "192.0.2.1",
      userAgent: "curl\u001b[2J",
      createdAt: session.createdAt.toISOString(),
      lastActivity: session.lastActivity.toISOString(),
      expiresAt: session.expiresAt.toISOString(),
    });
    const more = await system().smith(`sessions show ${session.sessionId} --data`);
    expect(more.json.session).toMatchObject({ sessionData: { apiKey: "very-secret" }, preferences: {} });
    const { stdout } = await system().text(`sessions show ${session.sessionId}`);
    expect(stdout).toContain("curl\\u001b[2J");
    expect(stdout).not.toContain("\u001b");
    expect((await system().text(`sessions show ${session.sessionId} --data`)).stdout).toContain(
      "very-secret",
    );
  });

  it("never prints a token, its hash or what the application keeps", async () => {
    const { token, session } = await begin();
    const hash = createHash("sha256").update(token).digest("hex");
    for (const line of [`sessions list --user ${userId}`, `sessions show ${session.sessionId}`]) {
      const { stdout, stderr } = await system().text(line);
      const printed = stdout + stderr + JSON.stringify((await system().smith(line)).json);
      expect(printed).toContain(session.sessionId);
      expect(printed).toContain(userId);
      for (const secret of [token, hash, "very-secret", "sessionToken", "sha256"])
        expect(printed).not.toContain(secret);
    }
    const { stdout } = await system().text(`sessions list --user ${userId}`);
    expect(widestLine(stdout)).toBeLessThanOrEqual(120);
  });

  it("revokes named sessions, whose tokens open nothing from then on", async () => {
    const one = await begin();
    const two = await begin();
    expect(await system().smith(`sessions revoke ${one.session.sessionId} ${unknownId}`)).toMatchObject({
      code: 8,
      json: { revoked: 1, missing: 1 },
      stderr: "1 of 2 sessions does not exist\n",
    });
    expect(await sessions().authenticate(one.token)).toBeNull();
    expect(await sessions().authenticate(two.token)).not.toBeNull();
    expect((await system().smith(`sessions revoke ${two.session.sessionId}`)).code).toBe(0);
  });

  it("revokes all of a user or an agent, but one if asked, and none of others", async () => {
    const kept = await begin();
    const gone = await begin();
    const other = await begin({ userId: `${userId}-other` });
    const ofAgent = await begin({ userId: `${userId}-agent`, agentId });
    const line = `sessions revoke --user ${userId} --except ${kept.session.sessionId}`;
    expect(await system().smith(line)).toMatchObject({ code: 0, json: { revoked: 1, missing: 0 } });
    expect(await sessions().authenticate(gone.token)).toBeNull();
    for (const { token } of [kept, other, ofAgent])
      expect(await sessions().authenticate(token)).not.toBeNull();
    await system().smith(`sessions revoke --agent ${agentId}`);
    expect(await sessions().authenticate(ofAgent.token)).toBeNull();
    expect(await sessions().authenticate(other.token)).not.toBeNull();
    expect(await system().text(`sessions revoke --user nobody-${userId}`)).toMatchObject({
      code: 0,
      stdout: "0 sessions revoked\n",
    });
  });

  it("says that there is nothing, on stderr", async () => {
    expect(await system().text("sessions list --user nobody")).toEqual({
      code: 0,
      stdout: "",
      stderr: "no session is like that\n",
    });
  });

  it("ends show of a session that does not exist with exit code 8", async () => {
    expect(await system().smith(`sessions show ${unknownId}`)).toMatchObject({
      code: 8,
      json: { error: { code: "NOT_FOUND", hint: expect.stringContaining("smith sessions list") } },
    });
  });

  it.each([
    ["an id that is none", "sessions show 1", "expected an id"],
    ["a type that is none", "sessions list --type magic", "interactive, api"],
    ["revoking nothing", "sessions revoke", "no session is named"],
    ["ids with a user", `sessions revoke ${unknownId} --user u`, "do not go together"],
    ["a user with an agent", `sessions revoke --user u --agent ${unknownId}`, "do not go together"],
    [
      "an exception from named ones",
      `sessions revoke ${unknownId} --except ${unknownId}`,
      "--except goes with",
    ],
  ])("refuses %s with exit code 2, and says what is allowed", async (_, line, words) => {
    const { code, json } = await system().smith(line);
    expect(json.error?.message).toContain(words);
    expect(code).toBe(2);
  });
});
