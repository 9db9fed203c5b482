import { readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { describeRules } from "./describe-rules.ts";
import { allRules } from "./rules/all-rules.ts";

const page = new URL("../../../../../docs/migration-lint.md", import.meta.url);

describe("docs/migration-lint.md", () => {
  it("is what the rules say of themselves", async () => {
    if (process.env["SMITH_UPDATE_DOCS"] === "1") await writeFile(page, describeRules());
    expect(await readFile(page, "utf8")).toBe(describeRules());
  });

  it("names every rule once", () => {
    const names = allRules.map((rule) => rule.name);
    expect(new Set(names).size).toBe(names.length);
  });
});
