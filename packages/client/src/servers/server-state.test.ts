import { describe, expect, it } from "vitest";
import { nextServerState, type ServerState, unknownServer } from "./server-state.ts";

const error = new Error("lost");
const answer = { role: "replica", lsn: 5n, timeline: undefined, systemId: undefined } as const;
const up: ServerState = { status: "up", answer, latencyMs: 2, askedAt: 10, error: undefined };

describe("what is known of a server", () => {
  it("is that it is up when it answers, whatever was thought before", () => {
    const answered = { type: "answered", answer, latencyMs: 2, askedAt: 10 } as const;
    for (const before of [unknownServer, { ...up, status: "down", error } as const, up])
      expect(nextServerState(before, answered)).toEqual(up);
  });

  it("is that it is down when it fails a probe, and what it said last", () => {
    expect(nextServerState(up, { type: "failed", error, served: false })).toEqual({
      ...up,
      status: "down",
      error,
    });
  });

  it("is that it is up when it fails a probe but served callers meanwhile", () => {
    for (const status of ["up", "suspect", "down"] as const) {
      const next = nextServerState({ ...up, status }, { type: "failed", error, served: true });
      expect(next).toMatchObject({ status: "up", error });
    }
  });

  it("is doubted when a caller loses its connection, but only if it was up", () => {
    expect(nextServerState(up, { type: "suspected", error }).status).toBe("suspect");
    const down: ServerState = { ...up, status: "down" };
    expect(nextServerState(down, { type: "suspected", error })).toBe(down);
    expect(nextServerState(unknownServer, { type: "suspected", error })).toBe(unknownServer);
  });
});
