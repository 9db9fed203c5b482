import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { migrateUp } from "../../src/index.ts";
import { migrationLab } from "../support/migration-lab.ts";

const mayNot = "mounting a small file system is not permitted here";
const randomRows =
  "SELECT i, (SELECT string_agg(sha256((i * 1000 + j)::TEXT::BYTEA)::TEXT, '') FROM generate_series(1, 100) AS j)";

describe("a migration on a disk that is full", () => {
  it("leaves nothing of its file, and is done when there is room", async (context) => {
    await using postgres = await startPostgres({ durability: "fast" });
    await using disk = await smallTablespace(postgres);
    if (disk === undefined) return context.skip(mayNot);
    await using lab = await migrationLab({ major: postgres.version.major, url: postgres.url });
    await lab.write({
      "00001_room.up.sql": "CREATE TABLE small (v INTEGER);",
      "00002_large.up.sql": `CREATE TABLE large (i INTEGER, v TEXT) TABLESPACE small_disk;\nINSERT INTO large ${randomRows} FROM generate_series(1, 4000) AS i;\n`,
    });
    await disk.fill();
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      hint: expect.stringMatching(/Nothing of 00002_large.up.sql was applied.*disk/),
      details: { line: 2, sqlState: "53100" },
    });
    expect(
      await lab.rows("SELECT to_regclass('large') AS large, to_regclass('small')::TEXT AS small"),
    ).toEqual([{ large: null, small: "small" }]);
    await disk.empty();
    expect(await migrateUp(lab.options)).toMatchObject({ from: 1, to: 2 });
  });

  it("that builds an index concurrently never counts as done, and is done when there is room", async (context) => {
    await using postgres = await startPostgres({ durability: "fast" });
    await using disk = await smallTablespace(postgres);
    if (disk === undefined) return context.skip(mayNot);
    await using lab = await migrationLab({ major: postgres.version.major, url: postgres.url });
    await lab.write({
      "00001_rows.up.sql": `CREATE TABLE t (i INTEGER, v TEXT);\nINSERT INTO t ${randomRows} FROM generate_series(1, 2000) AS i;\n`,
      "00002_index.up.sql": "CREATE INDEX CONCURRENTLY t_v ON t (i, left(v, 2000)) TABLESPACE small_disk;",
    });
    await disk.fill();
    await expect(migrateUp(lab.options)).rejects.toMatchObject({
      code: "MIGRATION_FAILED",
      details: { sqlState: "53100", version: 2 },
    });
    await disk.empty();
    expect(await migrateUp(lab.options)).toMatchObject({ from: 1, to: 2 });
    expect(await lab.rows("SELECT indisvalid FROM pg_index WHERE indexrelid = 't_v'::REGCLASS")).toEqual([
      { indisvalid: true },
    ]);
  });
});

/** A tablespace of 64 MB in a file system of its own; undefined where this process may not mount one. */
async function smallTablespace(postgres: EmbeddedPostgres) {
  const folder = await mkdtemp(join(tmpdir(), "smith-small-disk-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  await chmod(folder, 0o755);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=0755", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    await remove();
    return undefined;
  }
  const [space, ballast] = [join(folder, "space"), join(folder, "ballast")];
  await mkdir(space, { mode: 0o700 });
  const { uid, gid } = await stat(postgres.dataDir);
  await chown(space, uid, gid);
  await using admin = await migrationLab({ major: postgres.version.major, url: postgres.url });
  await admin.rows(`CREATE TABLESPACE small_disk LOCATION '${space}'`);
  return {
    // Ends where the file system ends.
    fill: () => writeFile(ballast, Buffer.alloc(63 * 1024 * 1024)).catch(() => {}),
    empty: () => writeFile(ballast, ""),
    [Symbol.asyncDispose]: async () => {
      execFileSync("umount", ["--lazy", folder]);
      await remove();
    },
  };
}
