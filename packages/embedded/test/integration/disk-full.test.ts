import { execFileSync } from "node:child_process";
import { mkdir, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startNats, startPostgres } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { query } from "./support/query.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

/** A small file system of its own; undefined where this process may not mount one. */
async function smallDisk(path: string, size: string): Promise<AsyncDisposable | undefined> {
  await mkdir(path);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0755`, "tmpfs", path], {
      stdio: "ignore",
    });
  } catch {
    return undefined;
  }
  return {
    [Symbol.asyncDispose]: async () => {
      execFileSync("umount", ["--lazy", path]);
    },
  };
}

const mayNot = "mounting a small file system is not permitted here";

describe("on a disk that is full", () => {
  it("a new cluster is refused by that reason, and leaves nothing behind", async (context) => {
    await using scratch = await scratchFolder();
    await using disk = await smallDisk(join(scratch.path, "disk"), "30m");
    if (disk === undefined) return context.skip(mayNot);
    // Once beside the folder, once in a folder that is the mount point itself.
    for (const dataDir of [join(scratch.path, "disk", "data"), join(scratch.path, "disk")]) {
      await expect(startPostgres({ dataDir, durability: "fast" })).rejects.toMatchObject({
        code: "DISK_FULL",
        message: expect.not.stringMatching(/initialising|at user's request/),
        hint: expect.stringContaining(`\`df -h ${join(scratch.path, "disk")}\``),
      });
      await rmdir(join(scratch.path, "disk", "data")).catch(() => {});
    }
    const used = execFileSync("du", ["-sk", join(scratch.path, "disk")], { encoding: "utf8" });
    expect(Number.parseInt(used, 10)).toBeLessThan(100);
  });

  it("an existing cluster is refused by that reason, and starts with its data when there is room again", async (context) => {
    await using scratch = await scratchFolder();
    await using disk = await smallDisk(join(scratch.path, "disk"), "160m");
    if (disk === undefined) return context.skip(mayNot);
    const dataDir = join(scratch.path, "disk", "data");
    const postgres = await startPostgres({ dataDir, durability: "fast" });
    await query(postgres.url, "CREATE TABLE t AS SELECT 1 AS v");
    await postgres.stop();
    const ballast = join(scratch.path, "disk", "ballast");
    await writeFile(ballast, Buffer.alloc(160 * 1024 * 1024)).catch(() => {});
    await expect(postgres.start()).rejects.toMatchObject({
      code: "DISK_FULL",
      hint: expect.stringContaining("df -h"),
    });
    await writeFile(ballast, "");
    await postgres.start();
    expect(await query(postgres.url, "SELECT v FROM t")).toEqual([{ v: 1 }]);
    await postgres.stop();
  });

  it("nats-server is refused by that reason", async (context) => {
    await using scratch = await scratchFolder();
    await using disk = await smallDisk(join(scratch.path, "disk"), "1m");
    if (disk === undefined) return context.skip(mayNot);
    const storeDir = join(scratch.path, "disk", "nats");
    await mkdir(storeDir);
    await writeFile(join(scratch.path, "disk", "ballast"), Buffer.alloc(1024 * 1024)).catch(() => {});
    await expect(startNats({ storeDir })).rejects.toMatchObject({ code: "DISK_FULL" });
  });
});
