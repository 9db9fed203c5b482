import { describe, expect, it } from "vitest";
import { asDatabaseError } from "./database-error.ts";
import { isSmithError, SmithError } from "./smith-error.ts";
import {
  classifyDatabaseError,
  classifySqlState,
  connectionRefusalOf,
  isRefusalOfValues,
  isTransactionTimeout,
  mayBeOutdatedPlan,
  sqlStateOf,
} from "./sqlstate.ts";

const withCode = (code: string) => Object.assign(new Error("boom"), { code });

describe("classifying what a driver threw", () => {
  it.each([
    ["40P01", "conflict"],
    ["55P03", "lock-timeout"],
    ["23505", "constraint"],
    ["42P01", "missing-object"],
    ["42601", "syntax"],
    ["53100", "resources"],
    ["57P03", "unavailable"],
    ["XX000", "other"],
  ])("reads SQLSTATE %s as %s", (sqlState, errorClass) => {
    expect(classifySqlState(sqlState)).toBe(errorClass);
  });

  it("reads a refused connection and a closed socket as connection errors", () => {
    expect(classifyDatabaseError(withCode("ECONNREFUSED"))).toBe("connection");
    expect(classifyDatabaseError(new Error("Connection terminated unexpectedly"))).toBe("connection");
  });

  it("does not take a network code for a SQLSTATE", () => {
    expect(sqlStateOf(withCode("ECONNREFUSED"))).toBeUndefined();
    expect(sqlStateOf(withCode("EPIPE"))).toBeUndefined();
  });

  it.each([
    ["22P02", true],
    ["23503", true],
    ["54001", true],
    ["53100", false],
    ["40001", false],
  ])("takes %s for a refusal of the values: %s", (code, refusal) => {
    expect(isRefusalOfValues(withCode(code))).toBe(refusal);
  });

  it.each([
    ["0A000", true],
    ["26000", true],
    ["42P01", false],
    ["ECONNRESET", false],
  ])("takes %s of a kept statement for a sign that it must be prepared anew: %s", (code, outdated) => {
    expect(mayBeOutdatedPlan(withCode(code))).toBe(outdated);
  });

  it.each([
    ["25P03", true],
    ["25P04", true],
    ["25P02", false],
    ["57P05", false],
    ["ECONNRESET", false],
  ])("takes %s for the end of a transaction by its time limit: %s", (code, timeout) => {
    expect(isTransactionTimeout(withCode(code))).toBe(timeout);
  });
});

describe("wrapping a driver's error", () => {
  it("keeps the reason, the SQLSTATE and the cause, and says whether to retry", () => {
    const cause = withCode("40001");
    const error = asDatabaseError(cause, "write the row");
    expect(error).toMatchObject({
      message: "cannot write the row: boom",
      sqlState: "40001",
      retryable: true,
    });
    expect(error.cause).toBe(cause);
    expect(isSmithError(error)).toBe(true);
  });

  it("names every address that refused", () => {
    const error = asDatabaseError(
      new AggregateError([new Error("a refused"), new Error("b refused")]),
      "connect",
    );
    expect(error.message).toBe("cannot connect: a refused; b refused");
  });

  it.each([
    ["54000", "Give less at once"],
    ["53100", "disk and memory"],
  ])("says what to do about the limit %s", (code, remedy) => {
    expect(asDatabaseError(withCode(code), "write the row").hint).toContain(remedy);
  });

  it("wraps only once", () => {
    const error = asDatabaseError(withCode("42501"), "read");
    expect(asDatabaseError(error, "read again")).toBe(error);
  });
});

describe("an error as JSON", () => {
  it("has its code, hint and details and not its cause", () => {
    const error = new SmithError("X", "bad value 3", {
      hint: "Use 4.",
      cause: new Error("secret"),
      details: { got: 3 },
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "SmithError",
      code: "X",
      message: "bad value 3",
      hint: "Use 4.",
      retryable: false,
      details: { got: 3 },
    });
  });
});

describe("a connection that was refused", () => {
  it.each([
    ["3D000", "database"],
    ["28000", "sign-in"],
    ["28P01", "sign-in"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "certificate"],
    ["ECONNREFUSED", undefined],
    ["57P03", undefined],
    ["53300", undefined],
    ["constructor", undefined],
  ])("with %s, at whatever depth, was so for %s", (code, refusal) => {
    expect(connectionRefusalOf(withCode(code))).toBe(refusal);
    expect(connectionRefusalOf(asDatabaseError(withCode(code), "connect"))).toBe(refusal);
  });

  it("says what to do, and leaves the others their hint", () => {
    expect(asDatabaseError(withCode("3D000"), "connect").hint).toContain("Create the database");
    const noTls = new Error("The server does not support SSL connections");
    expect(asDatabaseError(noTls, "connect").hint).toContain("sslmode=disable");
    expect(asDatabaseError(withCode("42501"), "read").hint).toContain("right");
  });
});
