import { expect, it } from "vitest";
import { parseServerVersion } from "./server-version.ts";

it.each([
  ["postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)", { major: 15, full: "15.20" }],
  ["postgres (PostgreSQL) 18.4\n", { major: 18, full: "18.4" }],
  ["postgres (PostgreSQL) 19beta2", { major: 19, full: "19beta2" }],
  ["nats-server: v2.9.10", { major: 2, full: "2.9.10" }],
  ["no number here", undefined],
])("reads the version in %j", (text, version) => {
  expect(parseServerVersion(text)).toEqual(version);
});
