import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startNats } from "@mister-smith/embedded";
import { createTestDatabase } from "@mister-smith/testkit";
import { expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it("the example of the README runs as it stands there, and has 25 lines at most", async () => {
  const example = await readFile(at("examples/state.ts"), "utf8");
  expect(await readFile(at("README.md"), "utf8")).toContain(`\`\`\`ts\n${example}\`\`\``);
  expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
  await using database = await createTestDatabase();
  await using nats = await startNats();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@mister-smith/source", at("examples/state.ts")],
    { env: { ...process.env, DATABASE_URL: database.url, NATS_URL: nats.url }, timeout: 50_000 },
  );
  expect(stdout).toContain("{ step: 2 } in both stores: { step: 2 }");
});

it("the example of consuming runs as it stands in the README", async () => {
  const example = await readFile(at("examples/consume.ts"), "utf8");
  expect(await readFile(at("README.md"), "utf8")).toContain(`\`\`\`ts\n${example}\`\`\``);
  await using database = await createTestDatabase();
  await using nats = await startNats();
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@mister-smith/source", at("examples/consume.ts")],
    { env: { ...process.env, DATABASE_URL: database.url, NATS_URL: nats.url }, timeout: 50_000 },
  );
  expect(stdout).toContain("a dead letter: no greeting today, after 2 attempts");
});
