import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase } from "@mister-smith/client";
import { startPostgres } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase } from "@mister-smith/testkit";
import { Client } from "pg";
import { expect, it } from "vitest";
import { createMonitor, keepAlerts, markTold, untoldChanges } from "../../src/index.ts";

/** A small file system of its own; undefined where this process may not mount one. */
async function smallDisk(
  megabytes: number,
): Promise<(AsyncDisposable & { readonly path: string }) | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "smith-disk-"));
  const path = join(folder, "disk");
  await mkdir(path);
  try {
    const options = ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0755`, "tmpfs", path];
    execFileSync("mount", options, { stdio: "ignore" });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  execFileSync("chmod", ["755", folder]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      execFileSync("umount", ["--lazy", path]);
      await rm(folder, { recursive: true });
    },
  };
}

it("an alert fires of a disk that fills up, and is over when there is room again", async (context) => {
  await using disk = await smallDisk(400);
  if (disk === undefined) return context.skip("mounting a small file system is not permitted here");
  await using server = await startPostgres({
    dataDir: join(disk.path, "data"),
    durability: "fast",
    settings: { max_wal_size: "64MB", min_wal_size: "32MB" },
  });
  await migrateUp({ connection: server.url, folder: migrationsFolder() });
  await using database = await createDatabase({ primary: { url: server.url } });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query(`UPDATE monitoring.alert_thresholds
    SET enabled = metric_name = 'disk_usage_percent', hold_for = '0', check_interval = '1 ms'`);
  await client.end();
  const look = async () => {
    await using monitor = await createMonitor({ url: server.url });
    await keepAlerts(database, await monitor.check());
    const changes = await untoldChanges(database.write);
    await markTold(
      database.write,
      changes.map(({ change_id: id }) => id),
    );
    return changes.map(({ metric_name: metric, state, severity }) => [metric, state, severity]);
  };
  expect(await look()).toEqual([]);
  const ballast = join(disk.path, "ballast");
  const { available, total } = await roomOn(server.url);
  await writeFile(ballast, Buffer.alloc(available - Math.floor(total * 0.05)));
  expect(await look()).toEqual([["disk_usage_percent", "firing", "critical"]]);
  await rm(ballast);
  expect(await look()).toEqual([["disk_usage_percent", "ok", null]]);
});

async function roomOn(url: string): Promise<{ readonly available: number; readonly total: number }> {
  await using monitor = await createMonitor({ url });
  const { samples } = await monitor.look();
  const of = (name: string) =>
    samples.find(({ metric, labels }) => metric.name === name && labels["place"] === "data")?.value ?? 0;
  return { available: of("smith_disk_available_bytes"), total: of("smith_disk_bytes") };
}

it("a disk that this process may not look at is not visible, and keeps no other from being seen", async (context) => {
  if (process.geteuid?.() !== 0) return context.skip("this test needs root, to become somebody else");
  await using server = await startPostgres({ durability: "fast" });
  // As root, this test becomes somebody who may not look into the server's folder.
  process.seteuid?.("nobody");
  try {
    await using monitor = await createMonitor({ url: server.url });
    const { samples, collectors } = await monitor.look();
    const state = collectors.find(({ name }) => name === "file_systems")?.state;
    expect(state).toBe("not visible");
    const places = samples.filter(({ metric }) => metric.name === "smith_disk_used_bytes");
    expect(places.map(({ labels }) => labels["place"])).not.toContain("log");
  } finally {
    process.seteuid?.(0);
  }
});

it("what tablespaces, the log and temporary files take is known on any machine", async () => {
  await using database = await createTestDatabase();
  await using monitor = await createMonitor({ url: database.url });
  const { samples } = await monitor.look();
  const first = (name: string) => samples.find(({ metric }) => metric.name === name)?.value ?? 0;
  expect(first("smith_pg_tablespace_bytes")).toBeGreaterThan(1_000_000);
  expect(first("smith_pg_wal_directory_bytes")).toBeGreaterThan(1_000_000);
  expect(first("smith_pg_wal_files")).toBeGreaterThanOrEqual(1);
});
