import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const tokenBytes = 32;
const shortestToken = 32;
const longestToken = 1024;
/** Hashed in place of what cannot be a token: the work is the same, and no session has its hash. */
const noToken = randomBytes(tokenBytes).toString("base64url");

/** A new secret: 32 random bytes as 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(tokenBytes).toString("base64url");
}

/**
 * What the server stores of a token, `sha256:` and its SHA-256, as `sessions.hash_token` makes it. It is computed
 * here, so that no token leaves the process.
 *
 * What cannot be a token, being shorter than 32 characters, longer than 1,024 or no text, gets a hash that no session
 * has: callers treat it like any other wrong token.
 */
export function tokenHash(token: unknown): string {
  return `sha256:${createHash("sha256")
    .update(isToken(token) ? token : noToken)
    .digest("hex")}`;
}

/** Whether two hashes are equal, found out in the same time whether they are or not. */
export function isSameHash(one: string, other: string): boolean {
  const [first, second] = [Buffer.from(one), Buffer.from(other)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function isToken(token: unknown): token is string {
  return (
    typeof token === "string" &&
    token.length >= shortestToken &&
    token.length <= longestToken &&
    token.isWellFormed()
  );
}
