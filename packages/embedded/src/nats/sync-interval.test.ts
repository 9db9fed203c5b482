import { describe, expect, it } from "vitest";
import { chooseSyncInterval } from "./sync-interval.ts";

const nats = (full: string) =>
  ({ program: "nats-server", version: { major: 2, full }, origin: "installed" }) as const;

describe("when JetStream flushes to disk", () => {
  it.each([
    ["2.9.10", undefined, "server-default"],
    ["2.10.0", undefined, "always"],
    ["2.15.0", "always", "always"],
    ["3.0.0", undefined, "always"],
    ["2.10.0", "server-default", "server-default"],
  ] as const)("nats-server %s asked for %s does %s", (version, wanted, expected) => {
    expect(chooseSyncInterval(nats(version), wanted)).toBe(expected);
  });

  it("is refused when the server cannot and the caller insists", () => {
    expect(() => chooseSyncInterval(nats("2.9.25"), "always")).toThrow(
      expect.objectContaining({ code: "NATS_FEATURE_MISSING" }),
    );
  });
});
