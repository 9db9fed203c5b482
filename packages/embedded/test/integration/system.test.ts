import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readSystem, removeSystem, startSystem, stopSystem } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { query, row } from "./support/query.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

describe("the system of a folder", () => {
  it("is started once when several start it at once, and all get the same", async () => {
    await using scratch = await scratchFolder();
    const systems = await Promise.all([1, 2, 3].map(() => startSystem({ folder: scratch.path })));
    expect(systems.filter((system) => !system.alreadyRunning)).toHaveLength(1);
    expect(new Set(systems.map((system) => system.postgres.pid)).size).toBe(1);
    expect(new Set(systems.map((system) => system.nats.pid)).size).toBe(1);
    expect(await readSystem(scratch.path)).toMatchObject({
      running: true,
      lifetime: "parent",
      since: systems[0]?.since,
    });
    await Promise.all(systems.map((system) => system.stop()));
    expect(await readSystem(scratch.path)).toMatchObject({ running: false, postgres: { running: false } });
  });

  it("has a durable database of its own and comes back with data, ports and password", async () => {
    await using scratch = await scratchFolder();
    const first = await startSystem({ folder: scratch.path, lifetime: "detached" });
    expect(
      await row(
        first.postgres.url,
        `SELECT current_database() AS database, current_setting('fsync') AS fsync,
           current_setting('shared_preload_libraries') AS libraries`,
      ),
    ).toEqual({ database: "mister_smith", fsync: "on", libraries: "pg_stat_statements" });
    await query(first.postgres.url, "CREATE TABLE t AS SELECT 1 AS v");
    await first.stop();
    await using second = await startSystem({ folder: scratch.path });
    expect([second.postgres.url, second.nats.url]).toEqual([first.postgres.url, first.nats.url]);
    expect(await query(second.postgres.url, "SELECT v FROM t")).toEqual([{ v: 1 }]);
  });

  it("lets nobody in without the password, which others cannot read", async () => {
    await using scratch = await scratchFolder();
    await using system = await startSystem({ folder: scratch.path });
    const url = new URL(system.postgres.url);
    expect(url.password).toMatch(/^[0-9a-f]{36}$/);
    url.password = "";
    await expect(query(url.href, "SELECT 1")).rejects.toThrow();
    for (const file of ["system.json", "postgres-password"]) {
      expect((await stat(join(scratch.path, file))).mode & 0o077).toBe(0);
    }
  });

  it("is mended by another start when one of its servers has died", async () => {
    await using scratch = await scratchFolder();
    const first = await startSystem({ folder: scratch.path, lifetime: "detached" });
    process.kill(first.nats.pid, "SIGKILL");
    await expect.poll(async () => (await readSystem(scratch.path)).nats?.running).toBe(false);
    const second = await startSystem({ folder: scratch.path, lifetime: "detached" });
    expect(second).toMatchObject({ running: true, alreadyRunning: false });
    await stopSystem(scratch.path);
    expect(await stopSystem(scratch.path)).toEqual({ wasRunning: false });
  });

  it("starts both servers or none", async () => {
    await using scratch = await scratchFolder();
    const failing = startSystem({ folder: scratch.path, nats: { settings: { no_such_key: 1 } } });
    await expect(failing).rejects.toMatchObject({ code: "SERVER_NOT_STARTED" });
    expect(existsSync(join(scratch.path, "postgres", "postmaster.pid"))).toBe(false);
    expect(await readSystem(scratch.path)).toMatchObject({ running: false, postgres: undefined });
  });

  it("refuses a note that cannot be read, instead of starting beside what may run", async () => {
    await using scratch = await scratchFolder();
    await writeFile(join(scratch.path, "system.json"), '{"format":1,"post');
    await expect(startSystem({ folder: scratch.path })).rejects.toMatchObject({
      code: "SYSTEM_STATE_DAMAGED",
    });
    expect(await readFile(join(scratch.path, "system.json"), "utf8")).toBe('{"format":1,"post');
  });

  it("is removed with its folder when it is stopped, where it is temporary", async () => {
    await using scratch = await scratchFolder(0o700);
    const folder = join(scratch.path, "system");
    const { postgres, stop } = await startSystem({ folder, temporary: true });
    await stop();
    await stop();
    expect([existsSync(folder), existsSync(postgres.dataDir)]).toEqual([false, false]);
  });

  it("leaves no folder when it is temporary and cannot start", async () => {
    await using scratch = await scratchFolder();
    const folder = join(scratch.path, "system");
    const failing = startSystem({ folder, temporary: true, nats: { settings: { no_such_key: 1 } } });
    await expect(failing).rejects.toMatchObject({ code: "SERVER_NOT_STARTED" });
    expect(existsSync(folder)).toBe(false);
  });

  it("is refused as temporary in a folder that holds something, which stays, and as a detached one", async () => {
    await using scratch = await scratchFolder();
    const file = join(scratch.path, "mine");
    await writeFile(file, "kept");
    const options = { folder: scratch.path, temporary: true };
    await expect(startSystem(options)).rejects.toMatchObject({ code: "TEMPORARY_FOLDER_NOT_EMPTY" });
    expect(await readFile(file, "utf8")).toBe("kept");
    await expect(startSystem({ ...options, lifetime: "detached" })).rejects.toMatchObject({
      code: "TEMPORARY_NOT_DETACHED",
    });
  });

  it("is removed with its folder", async () => {
    await using scratch = await scratchFolder();
    const folder = join(scratch.path, "system");
    const { postgres } = await startSystem({ folder });
    await removeSystem(folder);
    expect([existsSync(folder), existsSync(postgres.dataDir)]).toEqual([false, false]);
    expect(await stopSystem(folder)).toEqual({ wasRunning: false });
  });
});
