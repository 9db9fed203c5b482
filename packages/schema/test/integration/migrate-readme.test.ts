import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { clusters, createTestDatabase } from "@mister-smith/testkit";
import { describe, expect, it } from "vitest";
import { migrationsFolder } from "../../src/index.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe("the example of the README", () => {
  it("is the file that runs, and has at most 25 lines", async () => {
    const example = await readFile(at("examples/migrate.ts"), "utf8");
    const quoted = /```ts\n([\s\S]*?)```/.exec(await readFile(at("README.md"), "utf8"))?.[1];
    expect(quoted).toBe(example);
    expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
  });

  it.each(clusters())("brings an empty database of PostgreSQL $major to the schema", async (cluster) => {
    await using database = await createTestDatabase({ cluster });
    const { NODE_OPTIONS: _options, ...env } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=@mister-smith/source", at("examples/migrate.ts")],
      { env: { ...env, DATABASE_URL: database.url }, timeout: 60_000 },
    );
    const files = (await readdir(migrationsFolder())).filter((file) => file.endsWith(".up.sql")).sort();
    const newest = Number(files.at(-1)?.slice(0, 5));
    expect(stdout.trim().split("\n")).toEqual([
      ...files.map((file) => `applied ${file}`),
      `from version 0 to ${newest}: ${files.length} migrations`,
      `the database is at version ${newest}`,
      "active false",
    ]);
  });
});
