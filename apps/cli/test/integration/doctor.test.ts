import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findNats, listPostgres } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { baseEnvironment, main, temporaryFolder } from "./run-smith.ts";

const run = promisify(execFile);
const report = z.object({
  checks: z.array(z.object({ name: z.string(), state: z.string(), found: z.string() })),
});

// Where the servers of packages lie; each is covered in a view of the file system that only the command has.
const installed = [
  ...["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"].map((folder) => `${folder}/nats-server`),
  ...["/usr/lib/postgresql", "/usr/pgsql-15", "/usr/pgsql-16", "/usr/pgsql-17", "/usr/pgsql-18"],
];
const cover = `empty=$1; shift
for path in ${installed.join(" ")}; do
  if [ -d "$path" ]; then mount --bind "$empty" "$path"; elif [ -e "$path" ]; then mount --bind /dev/null "$path"; fi
done
PATH=$empty exec "$@"`;

describe("smith doctor on a machine where no server is installed", () => {
  it("counts what was fetched before or came with the package, and writes nothing", async (context) => {
    const nats = await findNats({ provide: "cached" }).catch(() => undefined);
    const npm = (await listPostgres({ provide: "cached" })).find(({ origin }) => origin === "npm");
    if (nats === undefined || npm === undefined) return context.skip("a server is not at hand to be fetched");
    await using scratch = await temporaryFolder();
    if (!(await mayCover())) return context.skip("mounting is not permitted here");
    const cache = join(scratch.path, "cache");
    const unpacked = join(cache, `nats-server-debian-${process.arch}`, "usr", "sbin");
    await mkdir(unpacked, { recursive: true });
    await copyFile(nats.program, join(unpacked, "nats-server"));
    await chmod(join(unpacked, "nats-server"), 0o755);
    const empty = join(scratch.path, "empty");
    await mkdir(empty);

    const doctor = await doctorWithout(empty, scratch.path, cache);
    expect(doctor("nats-server")).toMatchObject({
      state: "ok",
      found: `${nats.version.full}, debian package, ${join(unpacked, "nats-server")}`,
    });
    expect(doctor("PostgreSQL server")).toMatchObject({
      state: "ok",
      found: expect.stringContaining(`${npm.version.full}, npm, `),
    });
    expect(await readdir(cache)).toEqual([`nats-server-debian-${process.arch}`]);
  });
});

async function mayCover(): Promise<boolean> {
  const answer = await run("unshare", ["--mount", "true"]).catch(() => undefined);
  return answer !== undefined;
}

/** Runs the doctor where nothing is installed; the result gives one check by its name. */
async function doctorWithout(empty: string, cwd: string, cache: string) {
  const { SMITH_PG_BIN: _pg, SMITH_NATS_BIN: _nats, ...env } = baseEnvironment();
  const smith = [process.execPath, "--conditions=@mister-smith/source", main, "doctor", "--json"];
  const { stdout } = await run("unshare", ["--mount", "sh", "-c", cover, "cover", empty, ...smith], {
    cwd,
    env: { ...env, SMITH_CACHE_DIR: cache },
  });
  const { checks } = report.parse(JSON.parse(stdout));
  return (wanted: string) => checks.find(({ name }) => name === wanted);
}
