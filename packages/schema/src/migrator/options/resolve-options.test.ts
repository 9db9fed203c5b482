import { describe, expect, it } from "vitest";
import { retryDelayMs } from "../execute/retry-delay.ts";
import { runnerLockKey } from "../lock/runner-lock-key.ts";
import { resolveOptions } from "./resolve-options.ts";

const given = { connection: "postgres://h/d", folder: "/f" };

describe("the options of a command", () => {
  it("have their documented defaults", () => {
    expect(resolveOptions(given)).toMatchObject({
      table: { schema: "public", name: "schema_migrations", history: "schema_migrations_history" },
      statementLockTimeoutMs: 500,
      lockRetries: 20,
      lockRetryDelayMs: 250,
      runnerLockTimeoutMs: 600_000,
      connectTimeoutMs: 10_000,
      toolVersion: expect.stringMatching(/^@mister-smith\/schema \d+\.\d+\.\d+/),
    });
  });

  it.each([
    [{ folder: " " }, "folder"],
    [{ table: { name: "" } }, "table.name"],
    [{ table: { name: "x".repeat(56) } }, "table.history"],
    [{ lockRetries: -1 }, "lockRetries"],
    [{ connectTimeoutMs: 1.5 }, "connectTimeoutMs"],
    [{ runnerLockTimeoutMs: Number.POSITIVE_INFINITY }, "runnerLockTimeoutMs"],
  ])("are refused by name: %j", (wrong, option) => {
    expect(() => resolveOptions({ ...given, ...wrong })).toThrow(
      expect.objectContaining({ code: "MIGRATION_USAGE", details: expect.objectContaining({ option }) }),
    );
  });

  it("do not let a listener's mistake reach the run", () => {
    const onEvent = () => {
      throw new TypeError("listener");
    };
    const { emit } = resolveOptions({ ...given, onEvent });
    expect(() => emit({ type: "waiting-for-runner", waitedMs: 1, holder: null })).not.toThrow();
  });
});

describe("the lock of the runners", () => {
  const table = { schema: "public", name: "a", history: "a_history" };

  it("has a key of 64 bits that belongs to schema and table together", () => {
    const key = runnerLockKey(table);
    expect(BigInt.asIntN(64, key)).toBe(key);
    expect(runnerLockKey({ ...table })).toBe(key);
    expect(runnerLockKey({ ...table, name: "b" })).not.toBe(key);
    expect(runnerLockKey({ ...table, schema: "publica", name: "" })).not.toBe(key);
  });
});

describe("the pause before a retry", () => {
  it("doubles up to five seconds, and half of it is left to chance", () => {
    const longest = [0, 1, 2, 3, 10].map((attempt) => retryDelayMs(250, attempt, () => 1));
    expect(longest).toEqual([250, 500, 1_000, 2_000, 5_000]);
    expect(retryDelayMs(250, 1, () => 0)).toBe(250);
  });
});
