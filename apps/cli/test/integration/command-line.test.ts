import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { main, smith, startSmith, temporaryFolder } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

const nowhere = "postgres://nobody@127.0.0.1:1/nothing";

describe("the tool as a process", () => {
  it("prints its version, and nothing else", async () => {
    expect(await smith(["--version"])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: "" });
    expect(JSON.parse((await smith(["--version", "--json"])).stdout)).toEqual({
      version: packageJson.version,
    });
  });

  it("paints nothing in a pipe, also in CI, and does with FORCE_COLOR", async () => {
    const plain = await smith(["config", "--nonsense"], { env: { CI: "1", TERM: "xterm" } });
    expect(plain.stdout + plain.stderr).not.toContain("\u001b");
    expect((await smith(["--help"], { env: { FORCE_COLOR: "1" } })).stdout).toContain("\u001b[1m");
    expect((await smith(["--help", "--no-color"], { env: { FORCE_COLOR: "1" } })).stdout).not.toContain(
      "\u001b",
    );
  });

  it("ends quietly when the reader of its output goes away", async () => {
    const run = startSmith(["completion", "bash"]);
    run.closeStdout();
    const { code, stderr } = await run.done;
    expect(stderr).toBe("");
    expect(code).toBe(141);
  });

  it("completes a command line in bash, as often as the script is sourced", async () => {
    await using folder = await temporaryFolder();
    const { stdout: script } = await smith(["completion", "bash"]);
    await writeFile(join(folder.path, "script"), script);
    const command = `${process.execPath} --conditions=@mister-smith/source ${main} "$@"`;
    const lines = [
      "source ./script; source ./script",
      `smith() { ${command}; }`,
      'COMP_WORDS=(smith migrate re); COMP_CWORD=2; _smith; echo "${' + 'COMPREPLY[*]}"',
    ];
    const { stdout, stderr } = await promisify(execFile)("bash", ["--norc", "-c", lines.join("\n")], {
      cwd: folder.path,
    });
    expect({ stdout, stderr }).toEqual({ stdout: "redo rehearse repair\n", stderr: "" });
  });

  it("loads no library for its version, and no command but the one that runs", async () => {
    const loaded = async (...args: string[]) => {
      const { stderr } = await smith(args, { env: { NODE_DEBUG: "esm" } });
      return [...stderr.matchAll(/Storing (file:\S+) /g)].map(([, url]) => url).join("\n");
    };
    expect(await loaded("--version")).not.toMatch(/node_modules|registry\.ts/);
    const help = await loaded("--help");
    expect(help).toMatch(/commander/);
    expect(help).not.toMatch(/node_modules\/(zod|slonik|pg)\/|src\/commands\//);
  });
});

describe("a database that cannot be reached", () => {
  it.each([
    "migrate status",
    "migrate up",
    "migrate up --dry-run",
    "migrate check",
    "migrate down",
    "migrate rehearse",
    "migrate verify",
    "partitions list",
    "partitions maintain",
    "indexes list",
    "indexes enable x",
    "doctor",
  ])("ends `smith %s` with exit code 6, which says where it looked", async (command) => {
    const { code, json } = await smithOn(nowhere)(command);
    expect(code).toBe(6);
    expect(JSON.stringify(json)).toContain("127.0.0.1:1");
    if (command !== "doctor") expect(json.error).toMatchObject({ exitCode: 6, hint: expect.any(String) });
  });

  it("ends the process with that code", async () => {
    const { code, stderr, stdout } = await smith(["migrate", "status"], { env: { DATABASE_URL: nowhere } });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toMatch(/^error: .*127\.0\.0\.1:1\nhint: .*\nexit code 6: unreachable\n$/);
  });

  it("is told from one that nobody named", async () => {
    const { code, stderr } = await smith(["migrate", "status"]);
    expect(code).toBe(2);
    expect(stderr).toContain("no database is named");
    expect(stderr).toContain("smith up");
    expect(stderr).toContain("SMITH_DATABASE_URL");
  });
});
