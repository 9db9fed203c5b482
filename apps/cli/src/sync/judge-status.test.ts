import { describe, expect, it } from "vitest";
import { judgeStatus } from "./judge-status.ts";
import type { SyncStatus } from "./read-status.ts";

const now = new Date("2026-11-26T12:00:00Z");
const bucket = (behind: number) => ({
  connected: true as const,
  bucket: {
    name: "AGENT_STATE",
    keys: 3,
    messages: 5,
    bytes: 300,
    lastSequence: 9,
    createdAt: now,
    isKnown: true,
    behind,
    behindSince: behind > 0 ? now : null,
  },
});
const role = (name: string, isHeld: boolean) => ({
  role: name,
  holder: "h",
  epoch: 1,
  expiresAt: now,
  isHeld,
});
const waiting = { kind: "task", pending: 4, parked: 1, oldest: now };
const status = (own: Partial<SyncStatus> = {}): SyncStatus => ({
  positions: [],
  roles: [],
  backlog: [],
  deadLetters: [],
  events: [],
  nats: bucket(0),
  ...own,
});

describe("the state of the synchronisation", () => {
  it("is ok when nothing waits, whoever is there", () => {
    expect(judgeStatus(status())).toEqual({ state: "ok", problems: [], notes: [] });
  });

  it("is stuck when events wait for long though somebody publishes, unless a dead letter explains it", () => {
    const roles = [role("relay", true)];
    const later = new Date(now.getTime() + 90_000);
    const unexplained = status({ backlog: [{ ...waiting, parked: 0 }], roles });
    expect(judgeStatus(unexplained, now).state).toBe("ok");
    expect(judgeStatus(unexplained, later)).toMatchObject({
      state: "stuck",
      problems: [expect.stringContaining("4 events of task wait to be published, the oldest for 90 s")],
    });
    expect(judgeStatus(status({ backlog: [waiting], roles }), later)).toMatchObject({
      state: "ok",
      notes: [expect.stringContaining("behind a dead letter")],
    });
  });

  it("is ok while somebody brings over what waits, and stuck when nobody does", () => {
    const both = [role("flush", true), role("relay", true)];
    expect(judgeStatus(status({ nats: bucket(2), backlog: [waiting], roles: both }), now).state).toBe("ok");
    const late = [role("flush", false), role("relay", false)];
    expect(judgeStatus(status({ nats: bucket(2), backlog: [waiting], roles: late }))).toMatchObject({
      state: "stuck",
      problems: [expect.stringContaining("nobody flushes"), expect.stringContaining("4 events")],
    });
  });

  it("is stuck without the bucket, and unreachable without NATS", () => {
    expect(judgeStatus(status({ nats: { connected: true, bucket: null } })).state).toBe("stuck");
    const untold = { connected: true, bucket: null, why: "no JetStream", remedy: "Start it." } as const;
    expect(judgeStatus(status({ nats: untold }))).toMatchObject({
      state: "stuck",
      problems: ["no JetStream. Start it."],
    });
    const away = judgeStatus(status({ nats: { connected: false, why: "refused" }, backlog: [waiting] }));
    expect(away.state).toBe("unreachable");
    expect(away.problems).toHaveLength(2);
  });

  it("leaves dead letters to a person: they hold nothing else up", () => {
    const letters = [{ pipe: "flush", open: 2, oldest: now }];
    expect(judgeStatus(status({ deadLetters: letters }))).toMatchObject({
      state: "ok",
      notes: [expect.stringContaining("2 dead letters")],
    });
  });
});
