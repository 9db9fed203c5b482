import { execFileSync } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withFolderLock } from "../../src/process/folder-lock.ts";
import { scratchFolder } from "./support/scratch-folder.ts";

const deadPid = () => Number(execFileSync("sh", ["-c", "echo $$"], { encoding: "utf8" }));

describe("the lock of a folder", () => {
  it("lets one after the other in", async () => {
    await using scratch = await scratchFolder();
    let inside = 0;
    const most: number[] = [];
    const work = () =>
      withFolderLock(scratch.path, 30_000, async () => {
        inside += 1;
        most.push(inside);
        await readdir(scratch.path);
        inside -= 1;
      });
    await Promise.all(Array.from({ length: 8 }, work));
    expect(most).toEqual(Array.from({ length: 8 }, () => 1));
    expect(await readdir(scratch.path)).toEqual([]);
  });

  it("is taken over from a process that has died, by one alone", async () => {
    await using scratch = await scratchFolder();
    await writeFile(join(scratch.path, ".lock"), JSON.stringify({ pid: deadPid(), token: "x" }));
    let inside = 0;
    const work = () =>
      withFolderLock(scratch.path, 30_000, async () => {
        inside += 1;
        expect(inside).toBe(1);
        await readdir(scratch.path);
        inside -= 1;
      });
    await Promise.all([work(), work(), work()]);
    expect(await readdir(scratch.path)).toEqual([]);
  });

  it("is refused while its holder lives, by the holder's process", async () => {
    await using scratch = await scratchFolder();
    await withFolderLock(scratch.path, 1_000, async () => {
      await expect(withFolderLock(scratch.path, 100, async () => {})).rejects.toMatchObject({
        code: "FOLDER_LOCKED",
        retryable: true,
        details: { pid: process.pid },
      });
    });
  });
});
