import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What a run of the tool came to. */
export interface Run {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that has begun. */
export interface StartedRun {
  /** The id of its process. */
  readonly pid: number;
  readonly done: Promise<Run>;
  /** Resolves when stdout holds the text; rejects when the run ends before. */
  shows(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Stops reading what it prints, as a reader does that has gone away. */
  closeStdout(): void;
}

/** Where and how it runs. */
export interface RunOptions {
  /** Default: a folder that holds nothing of use. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The tool's entry point, in its sources. */
export const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

// Nothing of the tester's own configuration may reach the tool, but where its servers come from must.
const inherited = [
  "PATH",
  "HOME",
  "TMPDIR",
  "SMITH_PG_BIN",
  "SMITH_NATS_BIN",
  "SMITH_CACHE_DIR",
  "NODE_COMPILE_CACHE",
];

/** The environment of the tool before a test adds to it. */
export function baseEnvironment(): Record<string, string> {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Starts the tool from its sources, as a process of its own. */
export function startSmith(
  args: readonly string[],
  { cwd = tmpdir(), env = {} }: RunOptions = {},
): StartedRun {
  const child = spawn(process.execPath, ["--conditions=@mister-smith/source", main, ...args], {
    cwd,
    env: { ...baseEnvironment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<Run>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  const shows = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (stdout.includes(text)) resolve();
      };
      child.stdout.on("data", look);
      void done.then(() => reject(new TypeError(`it never printed ${text}: ${stdout}${stderr}`)), reject);
      look();
    });
  return {
    pid: child.pid ?? 0,
    done,
    shows,
    signal: (name) => void child.kill(name),
    closeStdout: () => void child.stdout.destroy(),
  };
}

/** Runs the tool to its end. */
export async function smith(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  return await startSmith(args, options).done;
}

/** A folder that is gone when it goes out of scope. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "smith-cli-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
