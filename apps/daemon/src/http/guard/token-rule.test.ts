import { expect, it } from "vitest";
import { tokenRule } from "./token-rule.ts";

const token = "a-token-of-32-characters-or-more";

it("takes whoever gives the token", () => {
  expect(tokenRule(token)(`Bearer ${token}`)).toBe(true);
  expect(tokenRule(token)(`bearer  ${token} `)).toBe(true);
});

it.each([
  undefined,
  "",
  "Bearer",
  "Bearer ",
  token,
  `Basic ${token}`,
  `Bearer ${token.slice(0, -1)}`,
  `Bearer ${token}x`,
  `Bearer x${token.slice(1)}`,
  `Bearer ${token} ${token}`,
  `Bearer ${token.toUpperCase()}`,
  `Bearer ${"x".repeat(8_000)}`,
])("refuses %s", (authorization) => {
  expect(tokenRule(token)(authorization)).toBe(false);
});

it("asks nobody where there is no token", () => {
  expect(tokenRule(undefined)(undefined)).toBe(true);
});
