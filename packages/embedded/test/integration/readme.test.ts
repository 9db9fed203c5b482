import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

it("the example of the README is the file that runs, and at most 25 lines", async () => {
  const example = await readFile(at("examples/servers.ts"), "utf8");
  const quoted = /```ts\n([\s\S]*?)```/.exec(await readFile(at("README.md"), "utf8"))?.[1];
  expect(quoted).toBe(example);
  expect(example.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
});

it("the example runs to its end", async () => {
  const { NODE_OPTIONS: _options, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--conditions=@mister-smith/source", at("examples/servers.ts")],
    { env, timeout: 60_000 },
  );
  expect(stdout.trim().split("\n")).toEqual([
    expect.stringMatching(/^PostgreSQL \d+\.\d+ \(.+\): postgres:\/\/postgres@127\.0\.0\.1:\d+\/shop$/),
    expect.stringMatching(/^nats-server \d+\.\d+\.\d+ \(.+\): nats:\/\/127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^hot standby: postgres:\/\//),
    "recovered",
  ]);
});
