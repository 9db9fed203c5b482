import { existsSync } from "node:fs";
import { cp, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listPostgres, removeSystem, startPostgres, startSystem } from "@mister-smith/embedded";
import { beforeEach, describe, expect, it } from "vitest";
import { findOsUser } from "../../src/user/server-user.ts";
import { query, row } from "./support/query.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

const isRoot = process.getuid?.() === 0;

describe("started by root", () => {
  beforeEach((context) => {
    if (!isRoot) context.skip("needs root");
  });

  it("runs PostgreSQL as an ordinary user on a data folder of that user, and root's own folder stays root's", async () => {
    await using scratch = await scratchFolder();
    const dataDir = join(scratch.path, "deep", "data");
    await using postgres = await startPostgres({ dataDir, durability: "fast" });
    expect((await stat(`/proc/${postgres.pid}`)).uid).not.toBe(0);
    expect((await stat(dataDir)).uid).not.toBe(0);
    expect([(await stat(scratch.path)).uid, (await stat(join(scratch.path, "deep"))).uid]).toEqual([0, 0]);
    expect(postgres.insteadOf).toBeUndefined();
  });

  it("places data elsewhere when the wanted folder is closed to others, says so, and finds it again", async () => {
    await using closed = await scratchFolder(0o700);
    const wanted = join(closed.path, "data");
    const first = await startPostgres({ dataDir: wanted, durability: "fast" });
    await query(first.url, "CREATE TABLE t AS SELECT 1 AS v");
    await first.stop();
    expect(first.insteadOf).toBe(wanted);
    expect(JSON.parse(await readFile(join(wanted, "data-is-elsewhere.json"), "utf8"))).toMatchObject({
      dataDir: first.dataDir,
    });
    expect((await stat(closed.path)).mode & 0o777).toBe(0o700);
    const second = await startPostgres({ dataDir: wanted, durability: "fast" });
    expect(await query(second.url, "SELECT v FROM t")).toEqual([{ v: 1 }]);
    await second.stop();
    await rm(first.dataDir, { recursive: true });
  });

  it("removes a system with the data that had to be placed elsewhere", async () => {
    await using closed = await scratchFolder(0o700);
    const folder = join(closed.path, "system");
    const { postgres } = await startSystem({ folder });
    expect(postgres.insteadOf).toBe(join(folder, "postgres"));
    await removeSystem(folder);
    expect([existsSync(folder), existsSync(postgres.dataDir)]).toEqual([false, false]);
  });

  it("copies programs that the server's user cannot reach", async (context) => {
    const npm = (await listPostgres()).find(({ origin }) => origin === "npm");
    if (npm === undefined)
      return context.skip("the package with PostgreSQL for this platform is not installed");
    await using closed = await scratchFolder(0o700);
    const binDir = join(closed.path, "native", "bin");
    await cp(dirname(npm.binDir), dirname(binDir), { recursive: true, verbatimSymlinks: true });
    await using postgres = await startPostgres({ binDir, durability: "fast" });
    expect(postgres.binDir).not.toBe(binDir);
    expect(await query(postgres.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await rm(dirname(dirname(postgres.binDir)), { recursive: true });
  });

  it("runs a cluster as the user who owns it", async (context) => {
    const nobody = await findOsUser("nobody");
    if (nobody === undefined) return context.skip("there is no user nobody");
    await using scratch = await scratchFolder();
    const dataDir = join(scratch.path, "data");
    const first = await startPostgres({ dataDir, durability: "fast", runAs: "nobody" });
    await first.stop();
    await using second = await startPostgres({ dataDir, durability: "fast" });
    expect((await stat(`/proc/${second.pid}`)).uid).toBe(nobody.uid);
  });

  it("refuses an archive folder that the server's user may not write to", async () => {
    await using closed = await scratchFolder(0o700);
    const walArchiving = { folder: join(closed.path, "archive") };
    await expect(startPostgres({ walArchiving, durability: "fast" })).rejects.toMatchObject({
      code: "FOLDER_OUT_OF_REACH",
    });
  });

  it("is refused a user that does not exist", async () => {
    await expect(startPostgres({ runAs: "no-such-user" })).rejects.toMatchObject({
      code: "OS_USER_NOT_FOUND",
    });
  });
});

// That an ordinary user can do the same when the tests are run by root: the test of the packed package.
if (!isRoot) {
  describe("started by an ordinary user", () => {
    it("runs PostgreSQL as that user", async () => {
      await using postgres = await startPostgres({ durability: "fast" });
      expect((await stat(postgres.dataDir)).uid).toBe(process.getuid?.());
      expect(await row(postgres.url, "SELECT 1 AS one")).toEqual({ one: 1 });
    });
  });
}
