import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { smith, temporaryFolder } from "./run-smith.ts";

interface Shown {
  readonly path: string;
  readonly value?: unknown;
  readonly origin: Readonly<Record<string, string>>;
}

async function config(cwd: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const run = await smith(["config", "--json", ...args], { cwd, env });
  const document: { settings: Shown[]; file: string | null; unknownVariables: string[] } = JSON.parse(
    run.stdout,
  );
  return {
    ...document,
    code: run.code,
    setting: (path: string) => document.settings.find((one) => one.path === path),
  };
}

const files: readonly [name: string, text: string][] = [
  ["smith.config.json", '{ "database": { "url": "postgres://file/x", "connectTimeoutMs": 300 } }'],
  ["smith.config.yaml", "database:\n  url: postgres://file/x\n  connectTimeoutMs: 300\n"],
  [
    "smith.config.ts",
    'const url: string = "postgres://file/x";\nexport default { database: { url, connectTimeoutMs: 300 } };\n',
  ],
];

describe("smith config", () => {
  it.each(files)(
    "reads %s, which environment and flags override, and says where from",
    async (name, text) => {
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, name), text);
      const env = { SMITH_DATABASE_URL: "postgres://env/x", DATABASE_URL: "postgres://weaker/x" };
      const file = join(folder.path, name);

      const fromFile = await config(folder.path);
      expect(fromFile.file).toBe(file);
      expect(fromFile.setting("database.url")).toMatchObject({
        value: "postgres://file/x",
        origin: { kind: "file", file },
      });
      const fromEnv = await config(folder.path, [], env);
      expect(fromEnv.setting("database.url")).toMatchObject({
        value: "postgres://env/x",
        origin: { kind: "environment", variable: "SMITH_DATABASE_URL" },
      });
      expect(fromEnv.setting("database.connectTimeoutMs")).toMatchObject({
        value: 300,
        origin: { kind: "file" },
      });
      const fromFlag = await config(folder.path, ["--database-url", "postgres://flag/x"], env);
      expect(fromFlag.setting("database.url")).toMatchObject({
        value: "postgres://flag/x",
        origin: { kind: "flag", flag: "--database-url" },
      });
    },
  );

  it("runs smith.config.ts with its types, also in a project of CommonJS modules", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "package.json"), '{ "type": "commonjs" }');
    await writeFile(join(folder.path, "table.ts"), 'export const table: string = "app.migrations";\n');
    const lines = [
      'import { table } from "./table.ts";',
      'import type { SmithConfigInput } from "@mister-smith/cli";',
      "export default { migrations: { table } } satisfies SmithConfigInput;",
    ];
    await writeFile(join(folder.path, "smith.config.ts"), lines.join("\n"));
    expect((await config(folder.path)).setting("migrations.table")).toMatchObject({
      value: "app.migrations",
    });
  });

  it("hides every secret, in the table, in JSON and in errors", async () => {
    const env = {
      DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/x",
      NATS_URL: "nats://tok3n@127.0.0.1:1",
      SMITH_DATABASE_REPLICA_URL: "postgres://me:hunter2@127.0.0.1:2/x",
      SMITH_DATABASE_ANALYTICS_PASSWORD: "hunter2",
    };
    const table = await smith(["config"], { env });
    expect(table.stdout).toContain("postgres://me:***@127.0.0.1:1/x");
    expect(table.stdout).toContain("nats://***@127.0.0.1:1");
    expect(table.stdout).toContain("postgres://me:***@127.0.0.1:2/x");
    expect(table.stdout).toMatch(/database\.analytics\.password +\*\*\* /);
    const runs = [
      table,
      await smith(["db", "health"], { env }),
      await smith(["db", "health", "--json"], {
        env: { ...env, SMITH_DATABASE_REPLICA_URL: "my://a:hunter2@h" },
      }),
      await smith(["config", "--json"], { env }),
      await smith(["migrate", "status", "--json"], { env }),
      await smith(["doctor"], { env }),
      await smith(["config"], { env: { ...env, NATS_URL: "http://u:tok3n@h" } }),
    ];
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toMatch(/hunter2|tok3n/);
  });

  it("refuses unknown keys and bad values before anything is done, and names all of them", async () => {
    await using folder = await temporaryFolder();
    await writeFile(
      join(folder.path, "smith.config.json"),
      '{ "databse": {}, "embedded": { "natsPort": 0 } }',
    );
    const { code, stdout } = await smith(["migrate", "up", "--json"], { cwd: folder.path });
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: "CONFIG",
      details: {
        problems: [
          expect.stringMatching(/databse is no setting .*smith\.config\.json.*database, nats/),
          expect.stringMatching(/embedded\.natsPort is 0 .*a whole number from 1 to 65535/),
        ],
      },
    });
  });

  it.each([
    ["broken JSON", { "smith.config.json": "{" }, [], /cannot read .*smith\.config\.json/],
    ["two files", { "smith.config.json": "{}", "smith.config.yaml": "{}" }, [], /lie beside each other/],
    ["a missing file", {}, ["--config", "gone.json"], /gone\.json does not exist/],
    ["a file of another kind", { "x.toml": "" }, ["--config", "x.toml"], /of no kind that can be read/],
    ["a file that throws", { "smith.config.ts": 'throw new Error("ouch")' }, [], /ouch/],
  ])("refuses %s", async (_name, content, args, message) => {
    await using folder = await temporaryFolder();
    for (const [name, text] of Object.entries(content)) await writeFile(join(folder.path, name), text);
    const { code, stderr } = await smith(["config", ...args], { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("warns of a variable that no setting reads", async () => {
    const { code, stderr } = await smith(["config"], { env: { SMITH_DATABSE_URL: "x" } });
    expect(code).toBe(0);
    expect(stderr).toContain("SMITH_DATABSE_URL is set, but no setting reads it");
  });
});
