import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readFlags } from "../../src/command/option-flags.ts";
import { groups, registry } from "../../src/command/registry.ts";
import { globalOptions } from "../../src/program/global-options.ts";

const root = join(import.meta.dirname, "../../../..");
const migrator = join(root, "packages/schema/src/migrator");
const sources = [
  ...readdirSync(migrator, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(migrator, file)),
  join(root, "docs/migrations.md"),
];

/** Everything in backticks that calls the tool; the manual leaves `smith migrate` out in front of an option. */
function commandLines(text: string): readonly string[] {
  const lines = [...text.matchAll(/`smith ([a-z][^`$\\]*)\\?`/g)].map(([, line = ""]) => line);
  const short = [...text.matchAll(/`((?:baseline|repair|up|down|redo|rehearse|create) --[^`$\\]*)`/g)];
  return [...lines, ...short.map(([, line]) => `migrate ${line}`)];
}

const named = [...new Set(sources.flatMap((file) => commandLines(readFileSync(file, "utf8"))))];

describe("a command line that the migrator names", () => {
  it("is found in hints and in the manual", () => {
    expect(named).toEqual(
      expect.arrayContaining(["migrate up", expect.stringContaining("migrate baseline --")]),
    );
  });

  it.each(named)("smith %s exists, with its options", async (line) => {
    const words = line.split(/\s+/);
    const entry = registry.find(({ name }) => name === words.slice(0, name.split(" ").length).join(" "));
    // `smith migrate COMMAND` and `smith migrate` stand for all of a group.
    if (entry === undefined) expect(groups.map(({ name }) => name)).toContain(words[0]);
    if (entry === undefined) expect(words[1]).toBeOneOf([undefined, "COMMAND", "…"]);
    const own = (await entry?.load())?.default.options ?? [];
    const global = globalOptions.filter(({ flags }) => !flags.includes("--version"));
    const flags = [...own, ...global].map((option) => readFlags(option.flags).long);
    for (const word of words.filter((given) => given.startsWith("--"))) expect(flags).toContain(word);
  });
});
