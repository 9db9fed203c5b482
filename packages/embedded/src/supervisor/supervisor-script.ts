import { fileURLToPath } from "node:url";

/** The file of the supervisor: beside this one in the sources, a second entry of the build in the package. */
export function supervisorScript(): string {
  const name = import.meta.url.endsWith(".ts") ? "./main.ts" : "./supervisor.js";
  return fileURLToPath(new URL(name, import.meta.url));
}
