import { readFileSync } from "node:fs";

/** The version of a package that is installed for the benchmarks; also of one that does not export its manifest. */
export function versionOf(name: string): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), "utf8"),
  );
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "";
}
