import { chmod, readdir } from "node:fs/promises";
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
    await demo.shows("2/8");
    const processes = await processTree([demo.pid]);
    expect(processes.length).toBeGreaterThan(3);
    expect(await foldersOf(temporary.path)).toHaveLength(1);
    // As a terminal and the launcher of `npm run demo` do it: both send the signal, one a moment after the other.
    demo.signal("SIGINT");
    await sleep(50);
    demo.signal("SIGINT");
    expect((await demo.done).code).toBe(130);
    expect(await foldersOf(temporary.path)).toEqual([]);
    // What watches over the servers ends when it sees that its parent has.
    await expect.poll(() => leftBehind([], processes), { timeout: 20_000 }).toEqual([]);
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

/** The folders of demonstrations; libraries keep caches beside them. */
async function foldersOf(path: string): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.startsWith("smith-demo-"));
}

/** The user that PostgreSQL runs as must get through to the folders in it. */
async function reachableFolder(): ReturnType<typeof temporaryFolder> {
  const folder = await temporaryFolder();
  await chmod(folder.path, 0o755);
  return folder;
}
