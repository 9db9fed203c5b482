import { describe, expect, it } from "vitest";
import { KeyHistory } from "./key-history.ts";

function written(...kinds: ("put" | "delete" | "unknown put" | "unknown delete")[]): KeyHistory {
  const history = new KeyHistory();
  for (const kind of kinds) {
    const number = history.begin();
    if (kind === "put" || kind === "delete") history.acknowledged(number, kind);
    else history.unknown(number, kind === "unknown put" ? "put" : "delete");
  }
  return history;
}

describe("a key at rest", () => {
  it("holds its last acknowledged write and no other", () => {
    expect(written("put", "put").wrongAtRest(2)).toBeUndefined();
    expect(written("put", "put").wrongAtRest(1)).toContain("holds 1, may hold 2");
    expect(written("put", "put").wrongAtRest("nothing")).toContain("holds nothing, may hold 2");
    expect(written("put", "delete").wrongAtRest("nothing")).toBeUndefined();
    expect(written("put", "delete").wrongAtRest(1)).toContain("may hold nothing");
  });

  it("may hold any write after it whose outcome is not known, and none from before", () => {
    const history = written("unknown put", "put", "unknown put", "unknown delete");
    expect(history.wrongAtRest(1)).toBeDefined();
    expect(history.wrongAtRest(2)).toBeUndefined();
    expect(history.wrongAtRest(3)).toBeUndefined();
    expect(history.wrongAtRest("nothing")).toBeUndefined();
  });
});

describe("a key in motion", () => {
  it("never goes back", () => {
    const history = written("put", "put", "put");
    expect(history.wrongInMotion(1)).toBeUndefined();
    expect(history.wrongInMotion(3)).toBeUndefined();
    expect(history.wrongInMotion(2)).toContain("went back to 2");
  });

  it("does not come back after it was seen deleted", () => {
    const history = written("put", "delete", "put");
    expect(history.wrongInMotion(1)).toBeUndefined();
    expect(history.wrongInMotion("nothing")).toBeUndefined();
    expect(history.wrongInMotion(1)).toContain("went back to 1");
    expect(history.wrongInMotion(3)).toBeUndefined();
  });

  it("holds nothing that was never written", () => {
    expect(written("put").wrongInMotion(7)).toContain("never written");
  });
});
