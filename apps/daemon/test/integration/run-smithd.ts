import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const inherited = [
  "PATH",
  "HOME",
  "TMPDIR",
  "SMITH_PG_BIN",
  "SMITH_NATS_BIN",
  "SMITH_CACHE_DIR",
  "NODE_COMPILE_CACHE",
];

/** A daemon as a process of its own. */
export interface RunningSmithd extends AsyncDisposable {
  /** Where it answers, when it has said so. */
  url(): Promise<string>;
  signal(name: NodeJS.Signals): void;
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly stderr: string;
  /** The lines of its log so far. */
  readonly log: readonly Record<string, unknown>[];
  page(path: string): Promise<{ readonly status: number; readonly text: string }>;
}

/** Starts smithd from its sources. */
export function runSmithd(args: readonly string[], env: Readonly<Record<string, string>>): RunningSmithd {
  const base = Object.fromEntries(
    inherited.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@mister-smith/source", main, ...args], {
    cwd: tmpdir(),
    env: { ...base, SMITH_DAEMON_PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const log = () =>
    stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const smithd: RunningSmithd = {
    ended,
    get stderr() {
      return stderr;
    },
    get log() {
      return log();
    },
    signal: (name) => void child.kill(name),
    url: async () => {
      for (;;) {
        const started = log().find(({ msg }) => msg === "smithd starts");
        if (typeof started?.["url"] === "string") return started["url"];
        // One that a signal has ended has no exit code: to wait for its words would never end.
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`smithd has ended: ${stderr}${stdout}`);
        await Promise.race([once(child.stdout ?? child, "data"), ended]);
      }
    },
    page: async (path) => {
      const response = await fetch(`${await smithd.url()}${path}`, { signal: AbortSignal.timeout(5_000) });
      return { status: response.status, text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await ended;
    },
  };
  return smithd;
}
