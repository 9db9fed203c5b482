import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

describe("chaos", () => {
  it("loses no acknowledged write and leaves both stores alike, whatever is killed", {
    timeout: 180_000,
  }, async () => {
    const args = ["--conditions=@mister-smith/source", main, "--cycles", "3", "--json"];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { maxBuffer: 16_777_216 });
    console.info(stderr);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ cycles: 3, violations: [] });
    expect(report.acknowledged).toBeGreaterThan(100);
  });
});
