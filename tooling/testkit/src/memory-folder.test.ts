import { existsSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { useMemoryFolder } from "./memory-folder.ts";

describe("the temporary files of a run", () => {
  const outer = process.env["TMPDIR"];
  beforeEach(() => {
    delete process.env["TMPDIR"];
  });
  afterEach(() => {
    if (outer === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = outer;
  });

  it("lie in memory, where every user may write, until the run is over", async (context) => {
    const before = tmpdir();
    const forget = await useMemoryFolder();
    const folder = tmpdir();
    if (folder === before) return context.skip("the machine has too little memory, or none to lay files in");
    expect(folder).toMatch(/^\/dev\/shm\/smith-tests-/);
    expect((await stat(folder)).mode & 0o7777).toBe(0o1777);
    await forget();
    expect(existsSync(folder)).toBe(false);
    expect(tmpdir()).toBe(before);
  });

  it("leave nothing there of a run that was killed, and all of one that lives", async (context) => {
    const first = await useMemoryFolder();
    const living = tmpdir();
    if (!living.startsWith("/dev/shm/")) return context.skip("the machine has too little memory");
    // No process has this number.
    const dead = "/dev/shm/smith-tests-4194305-x";
    await mkdir(`${dead}/data`, { recursive: true });
    delete process.env["TMPDIR"];
    const second = await useMemoryFolder();
    expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
    await second();
    await first();
    expect(existsSync(living)).toBe(false);
  });

  it("stay where TMPDIR says", async () => {
    process.env["TMPDIR"] = "/somewhere";
    await (await useMemoryFolder())();
    expect(tmpdir()).toBe("/somewhere");
  });
});
