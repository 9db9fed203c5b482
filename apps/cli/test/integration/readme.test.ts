import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { baseEnvironment, smith, temporaryFolder } from "./run-smith.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it("the first steps of the README are the script that runs, and lead from nothing to a migrated system", {
  timeout: 180_000,
}, async () => {
  const example = await readFile(at("examples/first-steps.sh"), "utf8");
  const blocks = [...(await readFile(at("README.md"), "utf8")).matchAll(/```sh\n([\s\S]*?)```/g)];
  expect(blocks.map(([, block]) => block)).toContain(example);

  await using folder = await temporaryFolder();
  const bin = join(folder.path, "bin");
  await mkdir(bin);
  const shim = `#!/bin/sh\nexec "${process.execPath}" --conditions=@mister-smith/source "${at("src/main.ts")}" "$@"\n`;
  await writeFile(join(bin, "smith"), shim);
  await chmod(join(bin, "smith"), 0o755);
  const base = baseEnvironment();
  const env = { ...base, PATH: `${bin}${delimiter}${base["PATH"]}` };
  try {
    const { stdout } = await promisify(execFile)("sh", ["-e", at("examples/first-steps.sh")], {
      cwd: folder.path,
      env,
    });
    expect(stdout).toContain("started; it keeps running until `smith down`");
    expect(stdout).toMatch(/migrations {2}version \d+, \d+ applied, nothing waits/);
    expect(stdout).toMatch(/stopped; the data stays in .*\.smith/);
  } finally {
    await smith(["down", "--remove-data"], { cwd: folder.path });
  }
});
