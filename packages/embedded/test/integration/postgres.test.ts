import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type EmbeddedPostgres, listPostgres, startPostgres } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./support/eventually.ts";
import { query, row } from "./support/query.ts";
import { type ScratchFolder, scratchFolder } from "./support/scratch-folder.ts";

const found = (await listPostgres()).map(({ version, origin, binDir }) => ({
  major: version.major,
  origin,
  binDir,
}));

describe.each(found)("PostgreSQL $major ($origin)", ({ binDir, major }) => {
  it("takes connections with the chosen settings, libraries and database, and is gone with its data after stop", async () => {
    const postgres = await startPostgres({
      binDir,
      durability: "fast",
      database: "a-b",
      settings: { max_connections: 37, "myapp.flag": "x y" },
      preload: ["pg_stat_statements"],
    });
    const shown = await row(
      postgres.url,
      `SELECT current_database() AS database, current_setting('max_connections') AS connections, current_setting('myapp.flag') AS flag,
         current_setting('shared_preload_libraries') AS libraries, current_setting('fsync') AS fsync,
         current_setting('server_version_num')::int / 10000 AS major, upper('ä') AS upper`,
    );
    expect(shown).toEqual({
      database: "a-b",
      connections: "37",
      flag: "x y",
      libraries: "pg_stat_statements",
      fsync: "off",
      major,
      upper: "Ä",
    });
    expect(postgres.version.major).toBe(major);
    await postgres.stop();
    expect(existsSync(postgres.dataDir)).toBe(false);
    expect(postgres.pid).toBe(0);
    await expect(postgres.start()).rejects.toMatchObject({ code: "TEMPORARY_DATA_REMOVED" });
  });

  it("is durable unless told otherwise, and keeps its data over stop, crash and another start on the folder", async () => {
    await using scratch = await scratchFolder();
    const dataDir = join(scratch.path, "data");
    const first = await startPostgres({ binDir, dataDir });
    expect(await row(first.url, "SHOW fsync")).toEqual({ fsync: "on" });
    expect(await row(first.url, "SHOW data_checksums")).toEqual({ data_checksums: "on" });
    await query(first.url, "CREATE TABLE t AS SELECT 1 AS v");
    await first.kill();
    await first.start();
    await query(first.url, "INSERT INTO t VALUES (2)");
    await first.stop();
    await using second = await startPostgres({ dataDir });
    expect(second.version.major).toBe(major);
    expect(await query(second.url, "SELECT v FROM t ORDER BY v")).toEqual([{ v: 1 }, { v: 2 }]);
  });

  it("starts at once on a folder whose server was killed with clients connected", async () => {
    await using scratch = await scratchFolder();
    const options = { binDir, dataDir: join(scratch.path, "data"), durability: "fast" } as const;
    const first = await startPostgres(options);
    const busy = query(first.url, "SELECT pg_sleep(600)").catch(() => "cut off");
    await eventually("the query runs", async () => {
      const active = await row(
        first.url,
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'",
      );
      return active?.["n"] === 1;
    });
    await first.kill();
    await using second = await startPostgres(options);
    expect(await row(second.url, "SELECT 1 AS one")).toEqual({ one: 1 });
    expect(await busy).toBe("cut off");
    await first.stop();
  });

  describe("with an archive and replicas", () => {
    let scratch: ScratchFolder;
    let archive: string;
    let primary: EmbeddedPostgres;
    beforeAll(async () => {
      scratch = await scratchFolder();
      archive = join(scratch.path, "it's an archive");
      primary = await startPostgres({
        binDir,
        durability: "fast",
        walArchiving: { folder: archive },
        settings: { max_connections: 150 },
      });
      await query(primary.url, "CREATE TABLE t AS SELECT generate_series(1, 5000) AS v");
    });
    afterAll(async () => {
      await primary.stop();
      await scratch[Symbol.asyncDispose]();
    });

    it("archives WAL segments into the folder", async () => {
      const switched = await row(primary.url, "SELECT pg_walfile_name(pg_switch_wal()) AS segment");
      await eventually("the segment is archived", async () =>
        (await readdir(archive)).includes(String(switched?.["segment"])),
      );
    });

    it("forgets a temporary replica's slot, so that no WAL is kept for it", async () => {
      const replica = await primary.startReplica();
      const slots = () => query(primary.url, "SELECT slot_name AS slot FROM pg_replication_slots");
      expect(await slots()).toEqual([{ slot: replica.slot }]);
      await replica.stop();
      expect(await slots()).toEqual([]);
      expect(existsSync(replica.dataDir)).toBe(false);
    });

    it("feeds a hot standby, which can be stopped, started again and promoted", async () => {
      const replica = await primary.startReplica({ dataDir: join(scratch.path, "replica") });
      const rows = async () => (await row(replica.url, "SELECT count(*)::int AS n FROM t"))?.["n"];
      expect(await row(replica.url, "SELECT pg_is_in_recovery() AS standby")).toEqual({ standby: true });
      await query(primary.url, "INSERT INTO t VALUES (0)");
      await eventually("the row arrives", async () => (await rows()) === 5001);

      await replica.stop();
      await query(primary.url, "INSERT INTO t VALUES (0)");
      await replica.start();
      await eventually("the row written meanwhile arrives", async () => (await rows()) === 5002);

      await replica.promote();
      await query(replica.url, "INSERT INTO t VALUES (0)");
      expect(await rows()).toBe(5003);
      expect(await row(primary.url, "SELECT count(*)::int AS n FROM t")).toEqual({ n: 5002 });
      await replica.stop();
    });
  });
});
