import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Whether an `Authorization` header gives the token; without a token nobody is asked for it. */
export type TokenRule = (authorization: string | undefined) => boolean;

/**
 * A rule for a token. What is given is compared in constant time, whatever its length: both sides are made digests of a key that
 * nobody knows.
 */
export function tokenRule(token: string | undefined): TokenRule {
  if (token === undefined) return () => true;
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  const expected = digest(token);
  return (authorization = "") => {
    const [, given = ""] = /^Bearer +(\S+) *$/i.exec(authorization) ?? [];
    return timingSafeEqual(digest(given), expected);
  };
}
