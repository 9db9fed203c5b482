import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findNats, listPostgres, startPostgres } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { baseEnvironment, main, temporaryFolder } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

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

describe("smith doctor --production", () => {
  it("says what to change and why, changes it, and goes by the size that it is told", async () => {
    await using server = await startPostgres({ durability: "fast" });
    const smith = smithOn(server.url);
    await smith.sql("CREATE ROLE app_primary LOGIN");
    const look = async (line: string) => {
      const { code, json } = await smith(`doctor --production ${line}`.trim());
      const checks = productionReport.parse(json).checks.filter(({ area }) => area === "production");
      return { code, of: (wanted: string) => checks.find(({ name }) => name === wanted) };
    };
    const advised = await look("--memory 4GB --processors 3");
    expect(advised.code).toBe(0);
    expect(advised.of("machine")).toMatchObject({ state: "ok", found: "4.0 GB, 3 processors" });
    expect(advised.of("shared_buffers")).toMatchObject({ state: "warn", found: "128MB" });
    expect(advised.of("shared_buffers")?.remedy).toContain(
      `ALTER SYSTEM SET "shared_buffers" = '1GB'; then restart`,
    );
    expect(advised.of("app_primary")?.remedy).toContain(`ALTER ROLE "app_primary" CONNECTION LIMIT 20`);

    const applied = await look("--apply --memory 4GB --processors 3");
    expect(applied.of("shared_buffers")).toMatchObject({
      found: "changed now",
      remedy: "Restart the server.",
    });
    expect(applied.of("statement_timeout")).toMatchObject({ state: "ok", found: "5min, changed now" });
    const [files] = await smith.sql(
      "SELECT count(*) AS faults FROM pg_file_settings WHERE error LIKE '%syntax%'",
    );
    expect(files).toEqual({ faults: "0" });
    expect((await look("")).of("shared_buffers")?.found).toBe("changed");
  });

  it("refuses what goes with it alone, and what is no size", async () => {
    const smith = smithOn("postgres://127.0.0.1:1/none");
    expect((await smith("doctor --apply")).stderr).toContain("--apply goes with --production");
    expect((await smith("doctor --production --memory lots")).stderr).toContain(
      "--memory lots: expected a size such as",
    );
    const { code, json } = await smith("doctor --production");
    expect([code, productionReport.parse(json).checks.some(({ area }) => area === "production")]).toEqual([
      6,
      false,
    ]);
  });
});
const productionReport = z.object({
  checks: z.array(
    z.object({
      area: z.string(),
      name: z.string(),
      state: z.string(),
      found: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});
