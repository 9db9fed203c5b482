import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { access, constants, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { findNats, findPostgres, listPostgres } from "@mister-smith/embedded";
import { afterEach, describe, expect, it } from "vitest";
import { debianNats, unpackedDebianNats } from "../../src/nats/debian-nats.ts";
import { npmPostgres, npmPostgresAsItIs } from "../../src/postgres/npm-postgres.ts";
import { runProgram } from "../../src/process/run-program.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

const cacheBefore = process.env["SMITH_CACHE_DIR"];
afterEach(() => {
  if (cacheBefore === undefined) delete process.env["SMITH_CACHE_DIR"];
  else process.env["SMITH_CACHE_DIR"] = cacheBefore;
});

describe("finding PostgreSQL", () => {
  it("takes an explicit folder before everything else, from the option or SMITH_PG_BIN", async () => {
    for (const { binDir, version } of await listPostgres()) {
      const expected = { binDir, version, origin: "explicit" };
      expect(await findPostgres({ binDir })).toMatchObject(expected);
      expect(await findPostgres({ env: { SMITH_PG_BIN: binDir } })).toMatchObject(expected);
    }
  });

  it("follows the links on PATH to the folder of the whole installation", async (context) => {
    const installed = (await listPostgres()).find(({ origin }) => origin === "installed");
    if (installed === undefined) return context.skip("no PostgreSQL is installed");
    await using scratch = await scratchFolder();
    for (const program of ["postgres", "initdb"]) {
      await symlink(join(installed.binDir, program), join(scratch.path, program));
    }
    const { major } = installed.version;
    expect(await findPostgres({ major, env: { PATH: scratch.path } })).toMatchObject({
      binDir: installed.binDir,
      origin: "installed",
    });
  });

  it("names every major version once, newest first", async () => {
    const majors = (await listPostgres()).map(({ version }) => version.major);
    expect(majors).toEqual([...new Set(majors)].sort((a, b) => b - a));
  });

  it("makes the package's programs usable without its install script, once for all who ask at once", async (context) => {
    await using scratch = await scratchFolder();
    process.env["SMITH_CACHE_DIR"] = join(scratch.path, "cache");
    const found = await Promise.all([npmPostgres(), npmPostgres(), npmPostgres()]);
    const [first] = found;
    if (first === undefined)
      return context.skip("the package with PostgreSQL for this platform is not installed");
    expect(new Set(found.map((postgres) => postgres?.binDir)).size).toBe(1);
    expect(first.binDir.startsWith(scratch.path)).toBe(true);
    await access(join(first.binDir, "initdb"), constants.X_OK);
    expect(await npmPostgresAsItIs()).toEqual(first);
    const result = await runProgram(join(first.binDir, "postgres"), ["--version"], { timeoutMs: 10_000 });
    expect(result.stdout).toContain(first.version.full);
  });
});

describe("looking at PostgreSQL without providing it", () => {
  it("finds the package's server in the version it will have, and copies nothing", async (context) => {
    await using scratch = await scratchFolder();
    process.env["SMITH_CACHE_DIR"] = join(scratch.path, "cache");
    const found = await npmPostgresAsItIs();
    if (found === undefined)
      return context.skip("the package with PostgreSQL for this platform is not installed");
    expect(existsSync(join(scratch.path, "cache"))).toBe(false);
    expect(found.version).toEqual((await npmPostgres())?.version);
  });
});

describe("finding nats-server", () => {
  it("takes an explicit program or its folder before everything else", async () => {
    const { program, version } = await findNats();
    expect(await findNats({ program })).toEqual({ program, version, origin: "explicit" });
    expect(await findNats({ env: { SMITH_NATS_BIN: join(program, "..") } })).toMatchObject({ program });
  });

  it("refuses an explicit program that is none, and says how to go on", async () => {
    await using scratch = await scratchFolder();
    await mkdir(join(scratch.path, "nats-server"));
    await expect(findNats({ env: { SMITH_NATS_BIN: scratch.path } })).rejects.toMatchObject({
      code: "SERVER_NOT_FOUND",
      hint: expect.stringContaining("SMITH_NATS_BIN"),
    });
  });

  it("unpacks Debian's package into the cache and leaves the system as it is", async (context) => {
    await using scratch = await scratchFolder();
    if (!isInReach(scratch.path)) return context.skip("apt-get or its package mirror is not in reach");
    const installed = () =>
      execFileSync("dpkg", ["--list"], {
        encoding: "utf8",
        env: { COLUMNS: "200", PATH: process.env["PATH"] },
      });
    const before = installed();
    process.env["SMITH_CACHE_DIR"] = join(scratch.path, "cache");
    const found = await debianNats();
    expect(found).toMatchObject({ origin: "debian package", version: { major: 2 } });
    expect(found?.program.startsWith(scratch.path)).toBe(true);
    expect(installed()).toBe(before);
    expect(await unpackedDebianNats()).toEqual(found);
  });
});

function isInReach(folder: string): boolean {
  try {
    const options = ["-o", "Acquire::http::Timeout=5", "-o", "Acquire::Retries=0"];
    execFileSync("apt-get", [...options, "download", "nats-server"], {
      cwd: folder,
      stdio: "ignore",
      timeout: 15_000,
    });
    return true;
  } catch {
    return false;
  }
}
