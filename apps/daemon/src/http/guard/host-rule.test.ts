import { expect, it } from "vitest";
import { isMeantForUs } from "./host-rule.ts";

const loopback = { host: "127.0.0.1", allowedHosts: [] };
const open = { host: "0.0.0.0", allowedHosts: ["smithd.internal"] };

it.each([
  ["127.0.0.1:9465", loopback],
  ["localhost:9465", loopback],
  ["LOCALHOST", loopback],
  ["[::1]:9465", loopback],
  ["127.8.9.1", loopback],
  ["127.0.0.1:9465", open],
  ["smithd.internal:9465", open],
  ["SMITHD.internal", open],
  ["10.1.2.3:9465", open],
  ["[fe80::1]:9465", open],
  ["db.internal:9465", { host: "db.internal", allowedHosts: [] }],
])("takes what is asked of %s", (header, rule) => {
  expect(isMeantForUs(header, rule)).toBe(true);
});

it.each([
  [undefined, loopback],
  ["", loopback],
  ["attacker.example", loopback],
  ["attacker.example:9465", open],
  ["127.0.0.1.attacker.example:9465", loopback],
  ["localhost.attacker.example", loopback],
  ["attacker.example:9465@localhost", loopback],
  ["localhost:9465:1", loopback],
  ["127.attacker.example", loopback],
  ["127.1", loopback],
  ["10.1.2.3:9465", loopback],
  ["[::1]attacker.example", loopback],
  ["smithd.internal", loopback],
  ["evil.smithd.internal", open],
])("refuses what is asked of %s", (header, rule) => {
  expect(isMeantForUs(header, rule)).toBe(false);
});
