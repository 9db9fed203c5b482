import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// In order: installed beside the tool, the repository as seen from the built tool, and as seen from this file.
const places = ["../../daemon/dist/main.js", "../../../daemon/dist/main.js"];

/** The program of smithd; undefined where it is not installed. */
export function findSmithd(): string | undefined {
  return (installed() ?? places.map((place) => fileURLToPath(new URL(place, import.meta.url)))).find(
    existsSync,
  );
}

function installed(): string[] | undefined {
  try {
    return [
      fileURLToPath(new URL("./dist/main.js", import.meta.resolve("@mister-smith/daemon/package.json"))),
    ];
  } catch {
    return undefined;
  }
}
