import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { clusters } from "@mister-smith/testkit";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { scratchPrefix, verifyMigrations } from "../../src/index.ts";
import { type TemporaryFolder, temporaryFolder } from "../support/temporary-folder.ts";

const quick = { "00001_a.up.sql": "CREATE TABLE a (id bigint);", "00001_a.down.sql": "DROP TABLE a;" };
/** The words in the file find the scratch database of one test among those of others. */
const waiting = (words: string) => ({
  "00001_wait.up.sql": `SELECT pg_sleep(600), '${words}';`,
  "00001_wait.down.sql": "SELECT 1;",
});

describe.each(clusters())("the scratch database on PostgreSQL $major", (cluster) => {
  let admin: pg.Client;
  let quickFolder: TemporaryFolder;

  beforeAll(async () => {
    admin = new pg.Client({ connectionString: cluster.url, application_name: "verify scratch test" });
    await admin.connect();
    quickFolder = await temporaryFolder(quick);
  });

  afterAll(async () => {
    await admin.end();
    await quickFolder[Symbol.asyncDispose]();
  });

  const sleeping = async (words: string): Promise<string> => {
    const { rows } = await admin.query<{ datname: string }>(
      "SELECT datname FROM pg_stat_activity WHERE starts_with(datname, $1) AND strpos(query, $2) > 0 AND state = 'active'",
      [scratchPrefix, words],
    );
    return rows[0]?.datname ?? "";
  };
  const isThere = async (name: string) =>
    (await admin.query("SELECT FROM pg_database WHERE datname = $1", [name])).rowCount === 1;
  const verifyQuick = () => verifyMigrations({ connection: cluster.url, folder: quickFolder.path });

  it("is swept by the next run when its own was killed", async () => {
    await using folder = await temporaryFolder(waiting("killed run"));
    const index = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
    const child = spawn(
      process.execPath,
      [
        "--conditions=@mister-smith/source",
        "--input-type=module",
        "--eval",
        `const { verifyMigrations } = await import(${JSON.stringify(index)});
         await verifyMigrations({ connection: process.env.TEST_URL, folder: process.env.TEST_FOLDER });`,
      ],
      { env: { ...process.env, TEST_URL: cluster.url, TEST_FOLDER: folder.path }, stdio: "ignore" },
    );
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const name = await vi.waitUntil(() => sleeping("killed run"), { timeout: 30_000, interval: 50 });
    child.kill("SIGKILL");
    await exited;
    // Its session goes when the server notices; until then the run counts as alive.
    await vi.waitUntil(
      async () => {
        await verifyQuick();
        return !(await isThere(name));
      },
      { timeout: 30_000, interval: 100 },
    );
  });

  it("of a run that lives is left alone by others, and gone when that run is aborted", async () => {
    await using folder = await temporaryFolder(waiting("living run"));
    const controller = new AbortController();
    const run = verifyMigrations({ connection: cluster.url, folder: folder.path, signal: controller.signal });
    const ended = run.catch((error: unknown) => error);
    const name = await vi.waitUntil(() => sleeping("living run"), { timeout: 30_000, interval: 50 });
    await verifyQuick();
    expect(await isThere(name)).toBe(true);
    controller.abort();
    expect(await ended).toMatchObject({ code: "MIGRATION_CANCELLED" });
    expect(await isThere(name)).toBe(false);
  });
});
