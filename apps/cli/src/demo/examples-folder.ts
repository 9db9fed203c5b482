import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SmithError } from "@mister-smith/errors";

// In order: beside the built tool, the repository as seen from this file.
const places = ["./examples", "../../../../examples"];

/** The absolute path of the recorded runs that ship with the tool. */
export function examplesFolder(): string {
  const folder = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);
  if (folder !== undefined) return folder;
  throw new SmithError("EXAMPLES_MISSING", "the recorded example runs are missing from this installation", {
    hint: "Install @mister-smith/cli again.",
    details: { from: import.meta.url },
  });
}
