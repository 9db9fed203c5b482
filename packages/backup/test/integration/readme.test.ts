import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it("the example of the README runs as it stands there", async () => {
  const example = await readFile(at("examples/keep.ts"), "utf8");
  expect(await readFile(at("README.md"), "utf8")).toContain(`\`\`\`ts\n${example}\`\`\``);
  const folder = await mkdtemp(join(tmpdir(), "smith-example-"));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@mister-smith/source", at("examples/keep.ts")],
    { env: { ...process.env, BACKUP_FOLDER: join(folder, "repository") }, timeout: 50_000 },
  );
  expect(stdout).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{8} logical sound\n$/);
  await rm(folder, { recursive: true });
});
