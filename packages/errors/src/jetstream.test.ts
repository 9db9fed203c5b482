import { describe, expect, it } from "vitest";
import { classifyJetStreamError, isRetryableJetStreamError, jetStreamCodeOf } from "./jetstream.ts";

function named(name: string, rest: object = {}): Error {
  return Object.assign(new Error("refused"), { name }, rest);
}

describe("a failure of JetStream", () => {
  it.each([
    [10_071, "conflict"],
    [10_054, "too-large"],
    [10_077, "full"],
    [10_059, "not-found"],
    [10_076, "unsupported"],
    [19_999, "other"],
  ])("with the code %s is %s", (code, errorClass) => {
    const error = named("JetStreamApiError", { code });
    expect(classifyJetStreamError(error)).toBe(errorClass);
    expect(jetStreamCodeOf(error)).toBe(code);
  });

  it("without a code is told by the name that the client library gives it, also of its cause", () => {
    expect(classifyJetStreamError(named("TimeoutError"))).toBe("unreachable");
    expect(classifyJetStreamError(named("RequestError", { cause: named("NoResponders") }))).toBe(
      "unreachable",
    );
    expect(classifyJetStreamError(named("ClosedConnectionError"))).toBe("cancelled");
    expect(classifyJetStreamError(named("Error"))).toBe("other");
    const tooLarge = { message: "'payload' max_payload size exceeded" };
    expect(classifyJetStreamError(named("InvalidArgumentError", tooLarge))).toBe("too-large");
    expect(classifyJetStreamError(named("InvalidArgumentError"))).toBe("other");
    expect(classifyJetStreamError("text")).toBe("other");
  });

  it("takes no HTTP-like status for a code of the API", () => {
    expect(jetStreamCodeOf(named("JetStreamStatusError", { code: 404 }))).toBeUndefined();
  });

  it("may be tried again when no server answered or there was no room, and not otherwise", () => {
    expect(isRetryableJetStreamError("unreachable")).toBe(true);
    expect(isRetryableJetStreamError("full")).toBe(true);
    expect(isRetryableJetStreamError("too-large")).toBe(false);
  });
});
