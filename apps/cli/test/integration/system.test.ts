import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smith, startSmith, temporaryFolder } from "./run-smith.ts";

describe("the embedded system", () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const run = async (...args: string[]) => {
    const { code, stdout } = await smith([...args, "--json"], { cwd: folder.path });
    return { code, json: JSON.parse(stdout) };
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    await smith(["down"], { cwd: folder.path });
    await folder[Symbol.asyncDispose]();
  });

  it("says that nothing was started, with exit code 5, and stopping that is no error", async () => {
    expect(await run("status")).toMatchObject({ code: 5, json: { running: false, since: null } });
    expect(await run("down")).toMatchObject({ code: 0, json: { wasRunning: false } });
    expect(await run("down", "--remove-data")).toMatchObject({
      code: 1,
      json: { error: { code: "NO_SYSTEM" } },
    });
  });

  it("refuses a port that is taken, names it, and leaves nothing running", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const { code, json } = await run("up", "--nats-port", String(port));
    server.close();
    expect(code).toBe(1);
    expect(json.error.message).toContain(String(port));
    expect((await run("status")).code).toBe(5);
  });

  it("runs from up to down, other commands find it, and its data stays", async () => {
    const up = await run("up");
    expect(up).toMatchObject({ code: 0, json: { running: true, alreadyRunning: false } });
    expect(up.json.postgres.url).toMatch(/^postgres:\/\/postgres:\*\*\*@127\.0\.0\.1:\d+\/mister_smith$/);
    expect(await run("up")).toMatchObject({ code: 0, json: { alreadyRunning: true } });

    const { json: config } = await run("config");
    expect(config.settings).toContainEqual(
      expect.objectContaining({
        path: "database.url",
        origin: { kind: "embedded", folder: join(folder.path, ".smith") },
      }),
    );
    expect((await run("migrate", "up", "--to", "2")).code).toBe(0);
    expect(await run("status")).toMatchObject({
      code: 0,
      json: { running: true, migrations: { current: 2 } },
    });
    const doctor = await run("doctor");
    expect(doctor.code).toBe(0);
    expect(doctor.json.checks.filter(({ name }: { name: string }) => name === "connection")).toEqual([
      expect.objectContaining({ area: "postgresql", state: "ok" }),
      expect.objectContaining({ area: "nats", state: "ok" }),
    ]);

    expect(await run("down")).toMatchObject({ code: 0, json: { wasRunning: true } });
    expect((await run("status")).code).toBe(5);
  });

  it.each([
    { dies: "postgres", says: "nats-server runs, but PostgreSQL is stopped" },
    { dies: "nats", says: "PostgreSQL runs, but nats-server is stopped" },
  ])(
    "says which server runs and which does not when $dies was killed, with exit code 1, and up mends it",
    async ({ dies, says }) => {
      const up = await run("up");
      process.kill(up.json[dies].pid, "SIGKILL");
      const running = async () => (await run("status")).json[dies].running;
      // A status is a process of its own, which takes its time on a busy machine.
      await expect.poll(running, { timeout: 30_000 }).toBe(false);
      const { code, stdout } = await smith(["status"], { cwd: folder.path });
      expect(code).toBe(1);
      expect(stdout.split("\n")[0]).toContain(says);
      expect(await run("up")).toMatchObject({ code: 0, json: { running: true, alreadyRunning: false } });
      await run("down");
    },
  );

  it("in the foreground has the data of before, ends with Ctrl-C and takes its servers along", async () => {
    const foreground = startSmith(["up", "--foreground"], { cwd: folder.path });
    await foreground.shows("Ctrl-C stops it");
    expect(await run("status")).toMatchObject({
      code: 0,
      json: { lifetime: "parent", migrations: { current: 2 } },
    });
    expect(await run("up", "--foreground")).toMatchObject({
      code: 1,
      json: { error: { code: "SYSTEM_RUNS_ALREADY" } },
    });
    foreground.signal("SIGINT");
    expect((await foreground.done).code).toBe(130);
    expect((await run("status")).code).toBe(5);
  });

  it("leaves nothing when it is told to remove its data", async () => {
    expect(await run("down", "--remove-data")).toMatchObject({ code: 0, json: { dataRemoved: true } });
    expect(existsSync(join(folder.path, ".smith"))).toBe(false);
  });
});
