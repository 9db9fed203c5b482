import { execFile } from "node:child_process";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { createTestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../..", import.meta.url));
let nats: EmbeddedNats | undefined;
const packed = { folder: "", tarballs: new Map<string, string>() };

/** Each package with those of ours that it stands on, and the examples of its README with what they print. */
const packages = [
  { name: "errors", below: [], examples: { "classify.ts": "conflict true" } },
  { name: "schema", below: ["errors"], examples: { "migrate.ts": "the database is at version" } },
  { name: "embedded", below: ["errors"], examples: { "servers.ts": "hot standby" } },
  {
    name: "client",
    below: ["errors", "schema"],
    examples: {
      "agents.ts": "summary of arXiv:1706.03762",
      "reads.ts": "1 found, TIMEOUT, healthy: true",
      "worker.ts": "[ 'failed', 'welcomed Ada' ]",
    },
  },
  {
    name: "sync",
    below: ["client", "errors", "schema"],
    examples: { "state.ts": "{ step: 2 } in both stores: { step: 2 }" },
  },
  {
    name: "monitoring",
    below: ["client", "errors", "schema"],
    examples: { "look.ts": "smith_pg_in_recovery 0" },
  },
  { name: "backup", below: ["errors"], examples: { "keep.ts": "logical sound" } },
] as const;

beforeAll(async () => {
  packed.folder = await mkdtemp(join(tmpdir(), "smith-packed-"));
  for (const { name } of packages) packed.tarballs.set(name, await pack(`packages/${name}`));
  // What the topology sets aside must fit on a small disk.
  nats = await startNats({ settings: { jetstream: { max_file_store: 16 * 1_073_741_824 } } });
});

afterAll(async () => {
  await nats?.stop();
  await rm(packed.folder, { recursive: true, force: true });
});

describe.each(packages)("@mister-smith/$name, packed and installed in an empty folder", (part) => {
  it.each(Object.entries(part.examples))(
    "runs the example %s of its README, with full types",
    { timeout: 180_000 },
    async (example, says) => {
      const folder = await emptyFolderWith(part);
      await using database = await createTestDatabase();

      const { stdout } = await run(process.execPath, [example], {
        cwd: folder,
        env: { ...process.env, DATABASE_URL: database.url, NATS_URL: nats?.url },
        timeout: 120_000,
      });
      expect(stdout).toContain(says);
      expect(await complaintsOfTypes(part)).toBe("");
    },
  );

  it("brings what it stands on, and no other package of ours", async () => {
    const folder = await emptyFolderWith(part);
    const installed = await readdir(join(folder, "node_modules", "@mister-smith"));
    expect(installed.sort()).toEqual([...part.below, part.name].sort());
  });
});

// An ordinary user runs PostgreSQL as itself; a checkout of root's may be closed to it, an installed package is not.
if (process.getuid?.() === 0) {
  it("@mister-smith/embedded serves an ordinary user as it serves root", { timeout: 120_000 }, async () => {
    await chmod(packed.folder, 0o755);
    const folder = await emptyFolderWith(packages[2]);
    await chmod(folder, 0o755);
    await cp(process.execPath, join(folder, "node"));
    const [uid, gid] = await Promise.all([idOfNobody("-u"), idOfNobody("-g")]);
    const home = join(folder, "home");
    await mkdir(home);
    await chown(home, uid, gid);

    const { stdout } = await run(join(folder, "node"), ["servers.ts"], {
      ...{ cwd: folder, uid, gid, timeout: 90_000 },
      env: { PATH: process.env["PATH"], HOME: home, TMPDIR: "/tmp" },
    });
    expect(stdout).toContain("recovered");
  });
}

async function idOfNobody(flag: string): Promise<number> {
  return Number((await run("id", [flag, "nobody"])).stdout);
}

describe.each(packages)("the README of @mister-smith/$name", ({ name, examples }) => {
  it.each(Object.keys(examples))("shows the example %s that runs, of at most 25 lines", async (example) => {
    const text = await readFile(join(root, "packages", name, "examples", example), "utf8");
    expect(await readFile(join(root, "packages", name, "README.md"), "utf8")).toContain(
      `\`\`\`ts\n${text}\`\`\``,
    );
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(25);
  });
});

async function pack(path: string): Promise<string> {
  const args = ["pack", "--silent", "--ignore-scripts", "--pack-destination", packed.folder];
  const { stdout } = await run("npm", args, { cwd: join(root, path), timeout: 60_000 });
  return join(packed.folder, stdout.trim());
}

const installed = new Map<string, Promise<string>>();

function emptyFolderWith(part: (typeof packages)[number]): Promise<string> {
  const known = installed.get(part.name) ?? install(part);
  installed.set(part.name, known);
  return known;
}

async function install({ name, below, examples }: (typeof packages)[number]): Promise<string> {
  const folder = await mkdtemp(join(packed.folder, `${name}-`));
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ name: "empty", private: true, type: "module" }),
  );
  const tarballs = [...below, name].map((each) => packed.tarballs.get(each) ?? each);
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
  await run("npm", ["install", ...quiet, ...tarballs], { cwd: folder, timeout: 120_000 });
  for (const example of Object.keys(examples))
    await cp(join(root, "packages", name, "examples", example), join(folder, example));
  return folder;
}

const complaints = new Map<string, Promise<string>>();

/** What the compiler says of the examples of a package: all of them at once, as most of its work is the same. */
function complaintsOfTypes(part: (typeof packages)[number]): Promise<string> {
  const known = complaints.get(part.name) ?? checkTypes(part);
  complaints.set(part.name, known);
  return known;
}

/** What must not compile. With types that are not found everything does. */
const wrongUse = `import { sql } from "@mister-smith/client";
// @ts-expect-error no schema of rows
sql.type({ foo: 1 });
`;

/** As a user's strict project would; Node's own types come from this checkout. */
async function checkTypes(part: (typeof packages)[number]): Promise<string> {
  const folder = await emptyFolderWith(part);
  const wrong = part.name === "client" ? wrongUse : "";
  await writeFile(join(folder, "wrong.ts"), `${wrong}export {};\n`);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, target: "es2024", module: "nodenext" },
    ...{ skipLibCheck: part.name !== "client" },
    ...{ typeRoots: [join(root, "node_modules", "@types")], types: ["node"] },
  };
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: [...Object.keys(part.examples), "wrong.ts"] }),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { stdout } = await run(process.execPath, [tsc, "--project", folder], { timeout: 150_000 }).catch(
    (error: { stdout: string }) => error,
  );
  return stdout;
}
