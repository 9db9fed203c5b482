import { describe, expect, it } from "vitest";
import { choosePrimary, type KnownPrimary } from "./choose-primary.ts";
import type { ProbeAnswer } from "./probe-statement.ts";
import { nextServerState, type ServerState, unknownServer } from "./server-state.ts";

const known: KnownPrimary = { timeline: 2, systemId: "7", address: "a:1" };

describe("the choice of the primary", () => {
  it("falls on the server that is not in recovery", () => {
    const { primary, refused } = choosePrimary(
      [server("a:1", { role: "replica" }), server("b:1", { role: "primary" })],
      undefined,
    );
    expect(primary?.address).toBe("b:1");
    expect(refused).toEqual([{ address: "a:1", why: "is in recovery" }]);
  });

  it("falls on the highest timeline when two take writes", () => {
    const candidates = [
      server("a:1", { role: "primary", timeline: 2 }),
      server("b:1", { role: "primary", timeline: 3 }),
    ];
    expect(choosePrimary(candidates, known).primary?.address).toBe("b:1");
    expect(choosePrimary(candidates.toReversed(), known).primary?.address).toBe("b:1");
  });

  it("stays with the server that has the writes when another claims the same timeline", () => {
    const candidates = [
      server("b:1", { role: "primary", timeline: 2 }),
      server("a:1", { role: "primary", timeline: 2 }),
    ];
    expect(choosePrimary(candidates, known).primary?.address).toBe("a:1");
  });

  it("never falls on an old primary that came back", () => {
    const { primary, refused } = choosePrimary([server("a:1", { role: "primary", timeline: 1 })], known);
    expect(primary).toBeUndefined();
    expect(refused[0]?.why).toContain("timeline 1");
  });

  it("never falls on another cluster", () => {
    const other = server("b:1", { role: "primary", timeline: 9, systemId: "8" });
    expect(choosePrimary([other], known).primary).toBeUndefined();
    const silent = server("b:1", { role: "primary", timeline: 9, systemId: undefined });
    expect(choosePrimary([silent], known).primary?.address).toBe("b:1");
  });

  it("names what each server lacks", () => {
    const down = nextServerState(unknownServer, {
      type: "failed",
      error: new Error("connect ECONNREFUSED"),
      served: false,
    });
    const { refused } = choosePrimary(
      [
        { address: "a:1", state: down },
        { address: "b:1", state: unknownServer },
      ],
      known,
    );
    expect(refused).toEqual([
      { address: "a:1", why: "does not answer: connect ECONNREFUSED" },
      { address: "b:1", why: "has not answered yet" },
    ]);
  });
});

function server(
  address: string,
  said: { role: ProbeAnswer["role"]; timeline?: number; systemId?: string | undefined },
): { address: string; state: ServerState } {
  const answer: ProbeAnswer = { lsn: 1n, timeline: 2, systemId: "7", ...said };
  return {
    address,
    state: nextServerState(unknownServer, { type: "answered", answer, latencyMs: 1, askedAt: 1 }),
  };
}
