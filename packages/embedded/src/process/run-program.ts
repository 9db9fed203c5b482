import { spawn } from "node:child_process";
import type { OsUser } from "../user/os-user.ts";

/** How a short-lived program is run. */
export interface RunOptions {
  /** Kill it after this many milliseconds. */
  readonly timeoutMs: number;
  /** Run it as this user; undefined: as the caller. */
  readonly user?: OsUser | undefined;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What a program left behind; `exitCode` is null when it was killed or could not be started. */
export interface RunResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** Runs a program to its end and never rejects: a program that cannot be started has `exitCode` null. */
export function runProgram(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve) => {
    let [stdout, stderr, timedOut] = ["", "", false];
    const child = spawn(file, args, {
      // A program that runs as another user may not be able to enter the caller's folder.
      cwd: options.cwd ?? "/",
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.user === undefined ? {} : { uid: options.user.uid, gid: options.user.gid }),
    });
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, options.timeoutMs);
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    const finish = (exitCode: number | null, more = "") => {
      clearTimeout(timer);
      resolve({ exitCode, stdout, stderr: stderr + more, timedOut });
    };
    child.once("error", (error) => finish(null, error.message));
    child.once("close", (exitCode) => finish(exitCode));
  });
}
