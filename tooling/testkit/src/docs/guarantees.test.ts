import { glob, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const rows = await guaranteeRows();
const sources = await testSources();

describe("every promise of docs/guarantees.md", () => {
  it("stands in a table with its test", () => {
    expect(rows.length).toBeGreaterThan(20);
  });

  it.each(rows)("names tests that exist: $promise", ({ files, titles }) => {
    expect(titles.length).toBeGreaterThan(0);
    for (const file of files) expect(sources, `${file}.test.ts`).toHaveProperty(file);
    const text = files.map((file) => sources[file]).join("\n");
    for (const title of titles) expect(text, title).toContain(title);
  });
});

async function guaranteeRows() {
  const page = await readFile(join(root, "docs/guarantees.md"), "utf8");
  return page
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| promise"))
    .map((line) => {
      const [promise = "", files = "", titles = ""] = line
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      return { promise, files: quoted(files, /`([^`]+)`/g), titles: quoted(titles, /"([^"]+)"/g) };
    });
}

function quoted(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? "");
}

async function testSources(): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  const tests = ["packages/*/src/**/*.test.ts", "{packages,apps,tooling}/*/test/integration/*.test.ts"];
  for await (const file of glob(tests, { cwd: root })) {
    const name = basename(file, ".test.ts");
    // A part that is pure may be tested under the name of the whole.
    sources[name] = `${sources[name] ?? ""}\n${await readFile(join(root, file), "utf8")}`;
  }
  return sources;
}
