import type { Check } from "./check.ts";

/** Which Node.js runs this. An older one than 24 does not get this far. */
export function checkNode(): Check {
  return {
    area: "machine",
    name: "node",
    state: "ok",
    needed: true,
    found: `${process.versions.node}, ${process.execPath}`,
  };
}
