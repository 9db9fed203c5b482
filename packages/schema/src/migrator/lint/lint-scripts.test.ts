import { describe, expect, it } from "vitest";
import { exampleShop } from "./example-shop.ts";
import type { LintExample } from "./lint-rule.ts";
import { type LintScript, lintScripts } from "./lint-scripts.ts";
import { allRules } from "./rules/all-rules.ts";

function scriptsOf(example: LintExample): readonly LintScript[] {
  if (example.files !== undefined) {
    return Object.entries(example.files).map(([file, sql]) => ({ file, sql }));
  }
  return [
    { file: "00001_shop.up.sql", sql: exampleShop },
    { file: "00001_shop.down.sql", sql: "DROP SCHEMA shop;" },
    { file: "00002_change.up.sql", sql: example.up ?? "" },
    { file: "00002_change.down.sql", sql: example.down ?? "SELECT 1;" },
  ];
}

const rulesFound = async (example: LintExample) =>
  (await lintScripts(scriptsOf(example))).findings.map((finding) => finding.rule);
const title = (example: LintExample) => example.up ?? Object.keys(example.files ?? {}).join(", ");

describe("the shop that the examples change", () => {
  it("has no finding of its own", async () => {
    expect((await lintScripts(scriptsOf({ up: "SELECT 1;" }))).findings).toEqual([]);
  });
});

describe.each(allRules.map((rule) => [rule.name, rule] as const))("rule %s", (name, rule) => {
  it.each(rule.fires.map((example) => [title(example), example] as const))(
    "fires for %s",
    async (_title, example) => {
      expect(await rulesFound(example)).toContain(name);
    },
  );

  it.each(rule.passes.map((example) => [title(example), example] as const))(
    "lets pass %s",
    async (_title, example) => {
      expect(await rulesFound(example)).not.toContain(name);
    },
  );

  it("has an example of both kinds, a source and a remedy", () => {
    expect(rule.fires).not.toEqual([]);
    expect(rule.passes).not.toEqual([]);
    expect(rule.links).not.toEqual([]);
    expect(rule.instead).not.toBe("");
  });
});

describe("acknowledgements", () => {
  const findings = async (up: string) => (await lintScripts(scriptsOf({ up }))).findings;

  it("cover their own statement and no other", async () => {
    const up = "-- smith:accept drop-table gone\nDROP TABLE shop.orders;\nDROP TABLE shop.customers;";
    expect(await findings(up)).toMatchObject([{ rule: "drop-table", line: 3 }]);
  });

  it("cover the whole file when they say so", async () => {
    const up =
      "-- smith:accept-file drop-table both are gone\nDROP TABLE shop.orders;\nDROP TABLE shop.customers;";
    expect(await findings(up)).toEqual([]);
  });

  it("are kept with their reason", async () => {
    const { accepted } = await lintScripts(
      scriptsOf({ up: "/* smith:accept drop-table: gone since release 3 */ DROP TABLE shop.orders;" }),
    );
    expect(accepted).toMatchObject([{ rule: "drop-table", reason: "gone since release 3" }]);
  });

  it("are not read from the text of a function", async () => {
    const up =
      "CREATE FUNCTION shop.f() RETURNS text LANGUAGE sql AS $$ SELECT '-- smith:accept nothing' $$;";
    expect(await findings(up)).toEqual([]);
  });

  it("cannot cover what the runner refuses", async () => {
    expect(await findings("-- smith:accept-file not-runnable we know\nBEGIN;")).toMatchObject([
      { rule: "accept-comment" },
      { rule: "not-runnable" },
    ]);
  });

  it("name the line of the statement with characters beyond ASCII before it", async () => {
    const up =
      "-- é😀\nSELECT 'é😀';\n\n-- smith:accept drop-table gone\nDROP TABLE shop.orders;\nDROP TABLE shop.customers;";
    expect(await findings(up)).toMatchObject([{ rule: "drop-table", line: 6 }]);
  });
});
