import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readSystem, startNats, startPostgres, stopSystem } from "@mister-smith/embedded";
import { describe, expect, it } from "vitest";
import { isProcessAlive } from "../../src/process/process-identity.ts";
import { eventually, eventuallyGone } from "./support/eventually.ts";
import { killGroup, type Program, startProgram } from "./support/program.ts";
import { query } from "./support/query.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

const both = { postgres: {}, nats: true };
const allOf = ({ report }: Program) => [...report.pids, report.supervisor];

describe("servers that go with their parent", () => {
  it("end with their folders when the parent gets SIGKILL", async () => {
    const program = await startProgram(both);
    program.child.kill("SIGKILL");
    await eventuallyGone(allOf(program));
    expect(program.report.folders.filter((folder) => existsSync(folder))).toEqual([]);
  });

  it("end when the parent's whole process group gets SIGKILL, and leave lasting data whole", async () => {
    await using scratch = await scratchFolder();
    const dataDir = join(scratch.path, "data");
    const program = await startProgram({ postgres: { dataDir }, nats: true });
    killGroup(program);
    await eventuallyGone(allOf(program));
    await using again = await startPostgres({ dataDir, durability: "fast" });
    expect(await query(again.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  it("end when the parent ends without stopping them, and do not keep it from ending", async () => {
    const program = await startProgram({ ...both, afterwards: "end" });
    await eventuallyGone([program.child.pid ?? 0, ...allOf(program)]);
  });

  it("end when their supervisor is killed, since nobody could stop them later", async () => {
    const program = await startProgram(both);
    try {
      process.kill(program.report.supervisor, "SIGKILL");
      await eventuallyGone(program.report.pids);
      await eventually("their folders are removed", () =>
        program.report.folders.every((folder) => !existsSync(folder)),
      );
      expect(isProcessAlive(program.child.pid ?? 0)).toBe(true);
    } finally {
      killGroup(program);
    }
  });

  it("can be started anew after the supervisor was killed", async () => {
    await using postgres = await startPostgres({ durability: "fast" });
    const supervisor = Number(
      execFileSync("ps", ["-o", "ppid=", "-p", String(postgres.pid)], { encoding: "utf8" }),
    );
    process.kill(supervisor, "SIGKILL");
    await postgres.exited;
    await using nats = await startNats();
    expect(isProcessAlive(nats.pid)).toBe(true);
  });
});

describe("a temporary system", () => {
  it.each([
    { place: "open", mode: 0o755 },
    // Root's data has to be placed elsewhere then.
    { place: "closed", mode: 0o700 },
  ])(
    "goes with its folder and all its data when the parent gets SIGKILL, in a place that is $place to others",
    async ({ mode }) => {
      await using scratch = await scratchFolder(mode);
      const systemFolder = join(scratch.path, "system");
      const program = await startProgram({ systemFolder, temporary: true });
      expect(program.report.folders.filter((folder) => !existsSync(folder))).toEqual([]);
      program.child.kill("SIGKILL");
      await eventuallyGone(allOf(program));
      expect(program.report.folders.filter((folder) => existsSync(folder))).toEqual([]);
    },
  );
});

describe("a detached system", () => {
  it("outlives the death of the whole group that started it, until it is stopped", async () => {
    await using scratch = await scratchFolder();
    const program = await startProgram({ systemFolder: scratch.path, lifetime: "detached" });
    killGroup(program);
    await eventuallyGone([program.child.pid ?? 0]);
    const status = await readSystem(scratch.path);
    expect(status).toMatchObject({ running: true, lifetime: "detached" });
    expect(await query(status.postgres?.url ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
    expect(await stopSystem(scratch.path)).toEqual({ wasRunning: true });
    await eventuallyGone(allOf(program));
  });
});
