import { describe, expect, it } from "vitest";
import { thrownRecord } from "./thrown.ts";

describe("the record of what was thrown", () => {
  it.each([
    ["a word", "a word", { thrown: "a word" }],
    [undefined, "undefined was thrown", { thrown: "undefined was thrown" }],
    [null, "null", { thrown: "null" }],
    [{ why: 1 }, '{"why":1}', { thrown: '{"why":1}' }],
    [12n, "12", { thrown: "12" }],
    ["", "an error without a message", { thrown: "" }],
  ])("tells of %s that it was no error", (thrown, message, details) => {
    expect(thrownRecord(thrown)).toEqual({ message, details });
  });

  it("has name, message, stack and the causes of an error", () => {
    const { message, details } = thrownRecord(new TypeError("outer", { cause: new Error("inner") }));
    expect(message).toBe("outer");
    expect(details).toMatchObject({ name: "TypeError", message: "outer", cause: { message: "inner" } });
    expect(details["stack"]).toContain("thrown.test");
  });

  it("is of bounded size, without NUL and without halves of characters", () => {
    const endless = new Error("x\0\ud800".repeat(5_000));
    endless.cause = endless;
    const { message, details } = thrownRecord(endless);
    expect(message).not.toContain("\0");
    expect(message.isWellFormed()).toBe(true);
    expect(JSON.stringify(details).length).toBeLessThan(200_000);
  });

  it("is made of errors whose fields throw", () => {
    const spiteful = Object.defineProperty(new Error("x"), "message", {
      get() {
        throw new Error("no");
      },
    });
    expect(thrownRecord(spiteful).message).toBe("an error without a message");
  });

  it("is made of errors whose message cannot be made into text", () => {
    const error = Object.assign(new RangeError("x"), { message: Object.create(null) });
    const { message, details } = thrownRecord(error);
    expect(message).toBe(unshowable);
    expect(details).toMatchObject({ name: "RangeError" });
  });

  it.each([
    [
      "proxies that tell nothing of their prototype",
      () => new Proxy({}, { getPrototypeOf: refuse, get: refuse }),
    ],
    ["proxies that are revoked", revoked],
    ["objects that cannot be made into text", () => Object.assign(Object.create(null), { big: 1n })],
  ])("is made of %s", (_, thrown) => {
    expect(thrownRecord(thrown())).toEqual({ message: unshowable, details: { thrown: unshowable } });
    const { message, details } = thrownRecord(new Error("outer", { cause: thrown() }));
    expect(message).toBe("outer");
    expect(details["cause"]).toEqual({ thrown: unshowable });
  });

  it("has the message of a proxy of an error that tells nothing of its prototype", () => {
    expect(thrownRecord(new Proxy(new Error("x"), { getPrototypeOf: refuse })).message).toBe("x");
  });
});

const unshowable = "something was thrown that cannot be shown";

function refuse(): never {
  throw new Error("no");
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
