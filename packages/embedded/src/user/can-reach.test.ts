import { describe, expect, it } from "vitest";
import { mayEnter, mayWrite } from "./can-reach.ts";

const user = { name: "postgres", uid: 101, gid: 104 };

describe("what permission bits let a user do in a folder", () => {
  it.each([
    [0o700, 0, 0, false, false],
    [0o755, 0, 0, true, false],
    [0o777, 0, 0, true, true],
    [0o700, 101, 0, true, true],
    [0o077, 101, 104, false, false],
    [0o750, 0, 104, true, false],
    [0o707, 0, 104, false, false],
    [0o702, 0, 0, false, false],
  ])("mode %o of owner %i and group %i", (mode, uid, gid, enter, write) => {
    const entry = { mode, uid, gid };
    expect([mayEnter(user, entry), mayWrite(user, entry)]).toEqual([enter, write]);
  });
});
