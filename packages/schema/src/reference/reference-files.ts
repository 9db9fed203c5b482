import type { Reference } from "./read-reference.ts";
import { referencePage } from "./reference-page.ts";

/** The files of `docs/reference` by name: the page for people, and the same for programs to compare. */
export function referenceFiles(reference: Reference): Readonly<Record<"schema.md" | "schema.json", string>> {
  return {
    "schema.md": referencePage(reference),
    "schema.json": `${JSON.stringify(reference, null, 2)}\n`,
  };
}
