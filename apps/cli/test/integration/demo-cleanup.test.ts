import { chmod, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFailed } from "vitest";
import { leftBehind, processTree } from "../../src/demo/left-behind.ts";
import { exitCodes } from "../../src/exit-codes.ts";
import { smith, startSmith, temporaryFolder } from "./run-smith.ts";

/** A demonstration that alone uses a folder for temporary files. */
function environment(temporary: string) {
  return { TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: "1" };
}

describe("a demonstration that does not come to its end", () => {
  it("leaves nothing behind after Ctrl-C, and says so by its exit code", async () => {
    await using temporary = await reachableFolder();
    const demo = startSmith(["demo"], { env: environment(temporary.path) });
    onTestFailed(() => demo.signal("SIGTERM"));
    await demo.shows("\n2/");
    const processes = await processTree([demo.pid]);
    expect(processes.length).toBeGreaterThan(3);
    expect(await foldersOf(temporary.path)).toHaveLength(1);
    // As a terminal and the launcher of `npm run demo` do it: both send the signal, one a moment after the other.
    demo.signal("SIGINT");
    await sleep(50);
    demo.signal("SIGINT");
    expect((await demo.done).code).toBe(130);
    expect(await foldersOf(temporary.path)).toEqual([]);
    await nothingIsLeft(temporary.path, processes);
  });

  it("says only that it was stopped when Ctrl-C comes in the middle of a chapter", async () => {
    await using temporary = await reachableFolder();
    const demo = startSmith(["demo"], { env: environment(temporary.path) });
    onTestFailed(() => demo.signal("SIGTERM"));
    await demo.shows("\n4/");
    demo.signal("SIGINT");
    const { code, stderr } = await demo.done;
    expect(code).toBe(130);
    expect(stderr).toContain("stopped by SIGINT");
    expect(stderr).not.toContain("hint:");
  });

  it("leaves neither process nor folder when it is killed", async () => {
    await using temporary = await reachableFolder();
    const demo = startSmith(["demo"], { env: environment(temporary.path) });
    onTestFailed(() => demo.signal("SIGTERM"));
    await demo.shows("\n2/");
    const processes = await processTree([demo.pid]);
    expect(processes.length).toBeGreaterThan(3);
    demo.signal("SIGKILL");
    await demo.done;
    await nothingIsLeft(temporary.path, processes);
  });

  it("leaves neither process nor folder when it is killed while it makes the cluster", async () => {
    await using temporary = await reachableFolder();
    const demo = startSmith(["demo"], { env: environment(temporary.path) });
    onTestFailed(() => demo.signal("SIGTERM"));
    const draft = async () => {
      const folder = (await foldersOf(temporary.path)).find((name) => name.startsWith("smith-demo-"));
      const entries = await readdir(join(temporary.path, folder ?? "")).catch(() => []);
      return entries.some((name) => name.startsWith(".initialising"));
    };
    await expect.poll(draft, { timeout: 20_000, interval: 20 }).toBe(true);
    const processes = await processTree([demo.pid]);
    demo.signal("SIGKILL");
    await demo.done;
    await nothingIsLeft(temporary.path, processes);
  });

  it("leaves neither process nor folder when its reader goes away", async () => {
    await using temporary = await reachableFolder();
    const demo = startSmith(["demo"], { env: environment(temporary.path) });
    onTestFailed(() => demo.signal("SIGTERM"));
    await demo.shows("\n2/");
    const processes = await processTree([demo.pid]);
    demo.closeStdout();
    expect((await demo.done).code).toBe(exitCodes["output-closed"].code);
    await nothingIsLeft(temporary.path, processes);
  });

  it("says what is missing when there is no nats-server, and leaves nothing behind", async () => {
    await using temporary = await reachableFolder();
    const env = { ...environment(temporary.path), SMITH_NATS_BIN: "/nowhere/nats-server" };
    const demo = await smith(["demo"], { env });
    expect(demo.code).toBe(exitCodes.incomplete.code);
    expect(demo.stderr).toContain("/nowhere/nats-server");
    expect(demo.stderr).toContain("hint:");
    expect(await foldersOf(temporary.path)).toEqual([]);
  });
});

/** What watches over the servers ends when it sees that its parent has, and removes the folders before. */
async function nothingIsLeft(path: string, processes: readonly number[]): Promise<void> {
  await expect.poll(() => leftBehind([], processes), { timeout: 30_000 }).toEqual([]);
  expect(await foldersOf(path)).toEqual([]);
}

/** The folders of demonstrations and of their servers; libraries keep caches beside them. */
async function foldersOf(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => /^(mister-)?smith-/.test(name));
}

/** The user that PostgreSQL runs as must get through to the folders in it. */
async function reachableFolder(): ReturnType<typeof temporaryFolder> {
  const folder = await temporaryFolder();
  await chmod(folder.path, 0o755);
  return folder;
}
