import { ClientError } from "@mister-smith/client";
import { DatabaseError, SmithError } from "@mister-smith/errors";
import { describe, expect, it } from "vitest";
import { exitNameOf } from "../program/exit-name-of.ts";
import { advisedError } from "./advised-error.ts";

const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
const noTable = Object.assign(new Error('relation "x" does not exist'), { code: "42P01" });

describe("what a person is told of a failure at the database", () => {
  it("is what was being done, what the server said, and a hint", () => {
    const told = advisedError(new DatabaseError("cannot run the statement: x", noTable), "list the agents");
    expect(told.message).toBe('cannot list the agents: relation "x" does not exist');
    expect(told.hint).toContain("`smith migrate up`");
  });

  it("takes the hint of the server before any other", () => {
    const hinted = Object.assign(new Error("no such index"), { code: "42704", hint: "There is another." });
    expect(advisedError(new DatabaseError("", hinted), "enable it").hint).toBe("There is another.");
  });

  it("is why the only server was not reached, with the exit code of that", () => {
    const cause = new DatabaseError("cannot connect", refused);
    const told = advisedError(new ClientError("NO_PRIMARY", "no server takes writes", { cause }), "look");
    expect(told.message).toBe("cannot look: connect ECONNREFUSED 127.0.0.1:1");
    expect(exitNameOf(told)).toBe("unreachable");
  });

  it("keeps the code where the way failed, and leaves alone what names the thing it is about", () => {
    const late = advisedError(new ClientError("TIMEOUT", "it took 5 ms", { hint: "Wait." }), "look");
    expect(late).toMatchObject({ code: "TIMEOUT", message: "cannot look: it took 5 ms", hint: "Wait." });
    const missing = new ClientError("NOT_FOUND", "there is no agent x");
    expect(advisedError(missing, "show it")).toBe(missing);
    const own = new SmithError("RUN_CHANGED", "it is another one");
    expect(advisedError(own, "replay")).toBe(own);
  });

  it("stays as it was told first", () => {
    const inner = advisedError(new DatabaseError("", noTable), "write step 5");
    expect(advisedError(inner, "replay")).toBe(inner);
  });
});
