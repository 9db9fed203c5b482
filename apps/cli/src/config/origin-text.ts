import type { ConfigOrigin } from "./effective-config.ts";

/** Where a value came from, for people. */
export function originText(origin: ConfigOrigin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "file":
      return `from ${origin.file}`;
    case "environment":
      return `from ${origin.variable}`;
    case "flag":
      return `from ${origin.flag}`;
    case "embedded":
      return `from the embedded system in ${origin.folder}`;
  }
}
