import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createTestDatabase } from "@mister-smith/testkit";
import { expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it("the example of the README runs as it stands there", async () => {
  const example = await readFile(at("examples/look.ts"), "utf8");
  expect(await readFile(at("README.md"), "utf8")).toContain(`\`\`\`ts\n${example}\`\`\``);
  await using database = await createTestDatabase();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@mister-smith/source", at("examples/look.ts")],
    { env: { ...process.env, DATABASE_URL: database.url }, timeout: 50_000 },
  );
  expect(stdout).toContain("smith_pg_in_recovery 0");
});
