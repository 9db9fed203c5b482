import { describe, expect, it } from "vitest";
import { connectionWarnings } from "./connection-warnings.ts";

const limits = { used: 10, max: 103, reserved: 3, database: "app", databaseUsed: 5, databaseLimit: null };
const idle = {
  application: "smith/primary",
  role: "app",
  state: "idle",
  connections: 5,
  longestMs: 999_999_999,
};

describe("warnings of connections", () => {
  it("are none while there is room and nobody sleeps in a transaction", () => {
    const roles = [{ role: "app", used: 8, limit: 10 }];
    const brief = { ...idle, state: "idle in transaction", longestMs: 1_000 };
    expect(connectionWarnings({ limits, roles, connections: [idle, brief] })).toEqual([]);
    expect(connectionWarnings({ limits: null, roles: [], connections: [] })).toEqual([]);
  });

  it("count against what is not reserved", () => {
    expect(connectionWarnings({ limits: { ...limits, used: 89 }, roles: [], connections: [] })).toEqual([]);
    expect(connectionWarnings({ limits: { ...limits, used: 90 }, roles: [], connections: [] })).toEqual([
      expect.stringContaining("90 of the 100 connections that are not reserved"),
    ]);
  });

  it("name the database, the role and the application that are at their limit", () => {
    const sleeper = {
      ...idle,
      application: "report",
      state: "idle in transaction (aborted)",
      longestMs: 300_000,
    };
    const warnings = connectionWarnings({
      limits: { ...limits, databaseUsed: 9, databaseLimit: 10 },
      roles: [{ role: "app", used: 9, limit: 10 }],
      connections: [sleeper],
    });
    expect(warnings).toEqual([
      expect.stringContaining("the database app has 9 of its 10 connections"),
      expect.stringContaining("the role app has 9 of its 10 connections"),
      expect.stringContaining("a transaction of report has done nothing for 5 min 00 s"),
    ]);
  });
});
