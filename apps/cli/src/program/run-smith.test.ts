import { describe, expect, it } from "vitest";
import { registry } from "../command/registry.ts";
import { exitCodes } from "../exit-codes.ts";
import { Interrupted } from "../interrupted.ts";
import { version } from "../version.ts";
import { runSmith } from "./run-smith.ts";

async function smith(argv: readonly string[], { signal = new AbortController().signal, isTTY = false } = {}) {
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written) => ({
    isTTY,
    write: (text: string) => {
      written[name] += text;
      return true;
    },
  });
  const world = { cwd: "/", env: {}, signal, stdout: stream("stdout"), stderr: stream("stderr") };
  const code = await runSmith(argv, world);
  return { code, ...written };
}

const commands = registry.map(({ name }) => name);

describe("the command line", () => {
  it("without a word shows the first three things to do, all of which exist", async () => {
    const { code, stdout } = await smith([]);
    expect(code).toBe(0);
    const steps = [...stdout.matchAll(/^ {2}\d {2}smith (\S+(?: \S+)?) {2}/gm)].map(([, name]) => name);
    expect(steps).toHaveLength(3);
    for (const name of steps) expect(commands).toContain(name);
  });

  it("with --json alone lists the commands as JSON", async () => {
    const { stdout } = await smith(["--json"]);
    expect(JSON.parse(stdout).commands.map(({ name }: { name: string }) => name)).toEqual(commands);
  });

  it.each([
    [["complition"], "unknown command 'complition'", "Did you mean completion?"],
    [["monitor", "chekc"], "unknown command 'chekc'", "Of smith monitor there are:"],
    [["indexes", "enabel", "x"], "unknown command 'enabel'", "Did you mean enable?"],
    [["config", "--jsno"], "unknown option '--jsno'", "Did you mean --json?"],
    [["completion"], "missing required argument 'shell'", "--help"],
    [["completion", "tcsh"], "shell tcsh: expected one of bash, zsh, fish, powershell", "--help"],
    [["config", "extra"], "too many arguments", "--help"],
    [["indexes"], "a subcommand is missing", "--help"],
    [["--config"], "option '--config <file>' argument missing", "--help"],
    [["migrate", "baseline", "--version", "2"], "--version is no option of smith migrate baseline", "--help"],
    [["migrate", "-V"], "--version is no option of smith migrate", "--help"],
    [["config", "-V"], "--version is no option of smith config", "smith --version"],
  ])("%j is refused with exit code 2 and says what was meant", async (argv, message, hint) => {
    const { code, stdout, stderr } = await smith(argv);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`error: ${message}`);
    expect(stderr).toContain(hint);
  });

  it("of a plugin is refused with its code for not knowing, in its first line", async () => {
    const { code, stdout, stderr } = await smith(["monitor", "check", "--verbose"]);
    expect(code).toBe(3);
    expect(stdout).toBe("UNKNOWN: unknown option '--verbose'\n");
    expect(stderr).toContain("error: unknown option");
    expect((await smith(["monitor", "check", "--json", "extra"])).code).toBe(3);
    expect((await smith(["--config", "/nowhere.json", "monitor", "check"])).code).toBe(3);
    expect((await smith(["monitor", "locks", "--verbose"])).code).toBe(2);
  });

  it("with --json prints what was refused as one document on stdout", async () => {
    const { code, stdout, stderr } = await smith(["completion", "tcsh", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        name: "UsageError",
        code: "USAGE",
        message: expect.stringContaining("tcsh"),
        hint: expect.any(String),
        retryable: false,
        details: {},
        exitCode: 2,
      },
    });
    expect(stderr).toContain("error: shell tcsh");
  });

  it("takes global options before and after the command", async () => {
    const before = await smith(["--json", "completion", "bash"]);
    const after = await smith(["completion", "bash", "--json"]);
    expect(JSON.parse(before.stdout)).toEqual(JSON.parse(after.stdout));
  });

  it("shows its version when that is all that was asked", async () => {
    expect(await smith(["-V"])).toMatchObject({ code: 0, stdout: `${version}\n` });
    const json = await smith(["--json", "--version"]);
    expect(JSON.parse(json.stdout)).toEqual({ version });
  });

  it("ends with the signal's code when it was asked to stop", async () => {
    expect((await smith(["config"], { signal: AbortSignal.abort(new Interrupted("SIGINT")) })).code).toBe(
      130,
    );
    expect((await smith(["config"], { signal: AbortSignal.abort(new Interrupted("SIGTERM")) })).code).toBe(
      143,
    );
  });

  it("paints on a terminal and not in a pipe", async () => {
    expect((await smith(["--help"], { isTTY: true })).stdout).toContain("\u001b[1m");
    expect((await smith(["--help"])).stdout).not.toContain("\u001b");
  });
});

describe("the help", () => {
  it("lists every command or its group", async () => {
    const { code, stdout } = await smith(["--help"]);
    expect(code).toBe(0);
    for (const name of commands) expect(stdout).toMatch(new RegExp(`^ {2}${name.split(" ")[0]} `, "m"));
  });

  it.each(commands)("of %s teaches: usage, examples that call it, exit codes", async (name) => {
    const { code, stdout } = await smith([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage  smith ${name}`);
    expect(stdout).toMatch(new RegExp(`Examples\\n( {2}.*\\n)*? {2}.*smith ${name}`));
    expect(stdout).toMatch(/Exit codes\n {2}0 {2}/);
    expect((await smith(["help", ...name.split(" ")])).stdout).toBe(stdout);
  });

  it.each(registry.map(({ name, load }) => [name, load] as const))(
    "of %s names only related commands that exist",
    async (_name, load) => {
      for (const related of (await load()).default.related) expect(commands).toContain(related);
    },
  );
});

describe("the table of exit codes", () => {
  it("gives every meaning a code of its own, but for those that plugins of Nagios must have", () => {
    const codes = Object.values(exitCodes).flatMap((entry) => ("isOfPlugins" in entry ? [] : [entry.code]));
    expect(new Set(codes).size).toBe(codes.length);
  });
});
