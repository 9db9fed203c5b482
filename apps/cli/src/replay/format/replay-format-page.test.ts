import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadRuns } from "../files/load-runs.ts";
import { parseRun } from "./parse-run.ts";
import { runEnd, runEvent } from "./run-event.ts";
import { runHeader } from "./run-header.ts";

const root = join(import.meta.dirname, "../../../../..");
const page = readFileSync(join(root, "docs/replay-format.md"), "utf8");
const blocks = [...page.matchAll(/```jsonl\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

describe("the page about the format", () => {
  it("begins with a complete run that is read", () => {
    const run = parseRun("page", { text: blocks[0] ?? "", digest: "" });
    expect(run.events).toHaveLength(7);
  });

  it.each(blocks.flatMap((block) => block.trimEnd().split("\n")))(
    "shows only lines that are allowed: %s",
    (line) => {
      const value: unknown = JSON.parse(line);
      const accepted = [runHeader, runEvent, runEnd].filter((schema) => schema.safeParse(value).success);
      expect(accepted, runEvent.safeParse(value).error?.message).toHaveLength(1);
    },
  );

  it.each([
    ["the header", runHeader.shape, "## The header"],
    ["end", runEnd.shape, "### `end`"],
    ...runEvent.options.map((option) => {
      const [type = ""] = option.shape.type.values;
      return [type, option.shape, headingOf(type)] as const;
    }),
  ] as const)("explains every field of %s", (_, shape, heading) => {
    const section = sectionUnder(heading);
    const fields = Object.keys(shape).filter((field) => field !== "type" && field !== "at");
    expect(fields.filter((field) => !section.includes(`\`${field}\``))).toEqual([]);
  });
});

describe("the runs that ship in examples", () => {
  it("are read, all of them", async () => {
    const folder = join(root, "examples");
    const files = readdirSync(folder).filter((file) => /\.(jsonl|traj)$/.test(file));
    const runs = await loadRuns([folder]);
    expect(runs).toHaveLength(files.length);
    expect(runs.length).toBeGreaterThanOrEqual(3);
  });
});

function headingOf(type: string): string {
  return (
    page.split("\n").find((line) => line.startsWith("### ") && line.includes(`\`${type}\``)) ??
    `no heading for ${type}`
  );
}

function sectionUnder(heading: string): string {
  const [, after = ""] = page.split(`${heading}\n`);
  return after.split(/^##/m, 1)[0] ?? "";
}
