import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import {
  type EmbeddedPostgres,
  findPostgres,
  listPostgres,
  startNats,
  startPostgres,
  startSystem,
} from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { query } from "./support/query.ts";
import { type ScratchFolder, scratchFolder } from "./support/scratch-folder.ts";

let scratch: ScratchFolder;
let postgres: EmbeddedPostgres;
let dataDir: string;

beforeAll(async () => {
  scratch = await scratchFolder();
  dataDir = join(scratch.path, "data");
  postgres = await startPostgres({ dataDir, durability: "fast" });
});
afterAll(async () => {
  await postgres.stop();
  await scratch[Symbol.asyncDispose]();
});

describe("a data folder that cannot be used", () => {
  it("is refused while a server lives on it, with its process and port", async () => {
    const { pid, port } = postgres;
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({
      code: "DATA_FOLDER_IN_USE",
      message: expect.stringContaining(`process ${pid}, port ${port}`),
      details: { pid, port },
    });
    expect(await query(postgres.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("goes to one of two who make it and start on it at once", async () => {
    const fresh = join(scratch.path, "fresh");
    const starts = await Promise.allSettled(
      [1, 2].map(() => startPostgres({ dataDir: fresh, durability: "fast" })),
    );
    const [winner, ...more] = starts.filter((start) => start.status === "fulfilled");
    const [loser] = starts.filter((start) => start.status === "rejected");
    expect(more).toEqual([]);
    expect(loser?.reason).toMatchObject({ code: "DATA_FOLDER_IN_USE" });
    expect(await query(winner?.value.url ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await winner?.value.stop();
    expect((await readdir(scratch.path)).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("is used again when the process id of its dead server has gone to a stranger", async () => {
    const lock = await readFile(join(dataDir, "postmaster.pid"), "utf8");
    await postgres.stop();
    await writeFile(join(dataDir, "postmaster.pid"), lock.replace(/^\d+/, String(process.ppid)));
    await postgres.start();
    expect(await query(postgres.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("is refused when it belongs to another major version, with the remedy", async (context) => {
    const other = (await listPostgres()).find(({ version }) => version.major !== postgres.version.major);
    if (other === undefined) return context.skip("only one major version of PostgreSQL is at hand");
    await expect(startPostgres({ dataDir, binDir: other.binDir })).rejects.toMatchObject({
      code: "DATA_FOLDER_MAJOR_MISMATCH",
      message: expect.stringContaining(`belongs to PostgreSQL ${postgres.version.major}`),
      hint: expect.stringContaining("SMITH_PG_BIN"),
    });
  });

  it("is refused when no server of its version is at hand", async () => {
    const old = join(scratch.path, "old");
    await mkdir(old);
    await writeFile(join(old, "PG_VERSION"), "11\n");
    await expect(startPostgres({ dataDir: old })).rejects.toMatchObject({
      code: "DATA_FOLDER_MAJOR_MISMATCH",
      details: { major: 11 },
    });
    expect(await readdir(old)).toEqual(["PG_VERSION"]);
  });

  it("is refused when it holds something else, which stays untouched", async () => {
    const other = join(scratch.path, "other");
    await mkdir(other);
    await writeFile(join(other, "letter.txt"), "dear");
    await expect(startPostgres({ dataDir: other })).rejects.toMatchObject({ code: "DATA_FOLDER_NOT_EMPTY" });
    expect(await readdir(other)).toEqual(["letter.txt"]);
  });
});

describe("a start that fails", () => {
  it("names a port that is taken", async () => {
    await using listener = createServer();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const address = listener.address();
    const port = typeof address === "object" ? address?.port : undefined;
    await expect(startPostgres({ port, durability: "fast" })).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: expect.stringContaining(String(port)),
    });
  });

  it("quotes the server's own last words and leaves no temporary folder", async () => {
    const failure = startPostgres({ durability: "fast", settings: { shared_buffers: "much" } });
    await expect(failure).rejects.toMatchObject({
      code: "SERVER_NOT_STARTED",
      message: expect.stringContaining('invalid value for parameter "shared_buffers": "much"'),
    });
    const folder = await failure.catch((error) => error.details.dataDir);
    expect(existsSync(folder)).toBe(false);
  });

  it("names a folder that cannot be made", async () => {
    const file = join(scratch.path, "file");
    await writeFile(file, "");
    for (const start of [
      () => startPostgres({ dataDir: join(file, "data") }),
      () => startNats({ storeDir: join(file, "data") }),
      () => startSystem({ folder: join(file, "data") }),
    ]) {
      await expect(start()).rejects.toMatchObject({
        code: "FOLDER_NOT_USABLE",
        message: expect.stringContaining(file),
      });
    }
  });

  it("refuses what cannot be the name of a setting", async () => {
    await expect(
      startPostgres({ durability: "fast", settings: { "a=b -c fsync": 1 } }),
    ).rejects.toMatchObject({
      code: "BAD_SETTING",
    });
  });

  it("says how to install PostgreSQL when there is none", async () => {
    await expect(findPostgres({ major: 97 })).rejects.toMatchObject({
      code: "SERVER_NOT_FOUND",
      hint: expect.stringMatching(/apt-get install postgresql.*Fedora.*macOS.*docker compose up/),
    });
    await expect(findPostgres({ binDir: scratch.path })).rejects.toMatchObject({ code: "SERVER_NOT_FOUND" });
  });
});

describe("a password", () => {
  it("is asked of everybody once a cluster has one, its replicas included", async () => {
    await using guarded = await startPostgres({ durability: "fast", password: "secret123", database: "d" });
    expect(await query(guarded.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    await expect(query(guarded.url.replace(":secret123", ""), "SELECT 1")).rejects.toThrow();
    await using replica = await guarded.startReplica();
    expect(await query(replica.url, "SELECT pg_is_in_recovery() AS standby")).toEqual([{ standby: true }]);
  });

  it("is refused with characters that would need quoting", async () => {
    await expect(startPostgres({ password: "a'b" })).rejects.toMatchObject({ code: "BAD_PASSWORD" });
  });
});
