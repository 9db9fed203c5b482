import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isSameHash, newToken, tokenHash } from "./session-token.ts";

describe("a token", () => {
  it("is 32 random bytes as base64url, another each time", () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
      expect(Buffer.from(token, "base64url")).toHaveLength(32);
    }
  });

  it("is stored as its SHA-256", () => {
    const token = newToken();
    expect(tokenHash(token)).toBe(`sha256:${createHash("sha256").update(token).digest("hex")}`);
  });

  it.each([undefined, null, 7, "", "x".repeat(31), "x".repeat(1025), "\ud800".repeat(40)])(
    "that cannot be one has a hash, but of something that nobody has: %#",
    (token) => {
      expect(tokenHash(token)).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(tokenHash(token)).toBe(tokenHash("also none"));
      if (typeof token === "string")
        expect(tokenHash(token)).not.toBe(`sha256:${createHash("sha256").update(token).digest("hex")}`);
    },
  );

  it("has the same hash as itself only", () => {
    const [one, other] = [tokenHash(newToken()), tokenHash(newToken())];
    expect(isSameHash(one, one)).toBe(true);
    expect(isSameHash(one, other)).toBe(false);
    expect(isSameHash(one, "")).toBe(false);
  });
});
