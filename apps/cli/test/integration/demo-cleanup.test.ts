import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { leftBehind, processTree } from "../../src/demo/left-behind.ts";

const main = join(import.meta.dirname, "../../src/main.ts");

/** A demonstration that runs in a process of its own, with a folder for temporary files that it alone uses. */
class RunningDemo {
  readonly #process: ChildProcess;
  output = "";

  constructor(temporary: string, env: Readonly<Record<string, string>>) {
    this.#process = spawn(process.execPath, ["--conditions=@mister-smith/source", main, "demo"], {
      env: { ...process.env, TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        this.#process.emit("told");
      });
    }
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async told(words: string): Promise<void> {
    while (!this.output.includes(words)) await once(this.#process, "told");
  }

  /** As a terminal and the launcher of `npm run demo` do it: both send the signal. */
  async interrupt(): Promise<void> {
    this.#process.kill("SIGINT");
    // Two of the same signal at once would arrive as one.
    await sleep(50);
    this.#process.kill("SIGINT");
  }

  async exitCode(): Promise<number | null> {
    if (this.#process.exitCode === null) await once(this.#process, "close");
    return this.#process.exitCode;
  }
}

describe("a demonstration that does not come to its end", () => {
  let temporary: string;

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), "smith-demo-test-"));
    // The user that PostgreSQL runs as must get through to the folders in it.
    await chmod(temporary, 0o755);
  });
  afterEach(async () => {
    await rm(temporary, { recursive: true, force: true });
  });

  it("leaves nothing behind after Ctrl-C, and says so by its exit code", async () => {
    const demo = new RunningDemo(temporary, {});
    await demo.told("2/8");
    const processes = await processTree([demo.pid]);
    expect(processes.length).toBeGreaterThan(3);
    expect(await readdir(temporary)).toEqual([expect.stringMatching(/^smith-demo-/)]);
    await demo.interrupt();
    expect(await demo.exitCode()).toBe(130);
    expect(await readdir(temporary)).toEqual([]);
    // What watches over the servers ends when it sees that its parent has.
    await expect.poll(() => leftBehind(join(temporary, "none"), processes), { timeout: 20_000 }).toEqual([]);
  });

  it("says what is missing when there is no nats-server, and leaves nothing behind", async () => {
    const demo = new RunningDemo(temporary, { SMITH_NATS_BIN: "/nowhere/nats-server" });
    expect(await demo.exitCode()).toBe(1);
    expect(demo.output).toContain("/nowhere/nats-server");
    expect(demo.output).toContain("hint:");
    expect(await readdir(temporary)).toEqual([]);
  });
});
