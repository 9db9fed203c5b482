import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { ServerProcessSpec, StopRung } from "./messages.ts";

/** How a server ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A server process that the supervisor started and can always stop: its id cannot go to another while it holds it. */
export class SupervisedProcess {
  readonly #child: ChildProcess;
  readonly #ladder: readonly StopRung[];
  readonly exited: Promise<Exit>;
  #stopping: Promise<Exit> | undefined;
  #alive = true;

  constructor(spec: ServerProcessSpec) {
    const log = openSync(spec.logFile, "a");
    try {
      this.#child = spawn(spec.file, spec.args, {
        cwd: spec.cwd,
        env: spec.env,
        stdio: ["ignore", log, log],
        // A session of its own: a signal to the group of the parent or of the terminal must not reach it.
        detached: true,
        ...(spec.uid === undefined ? {} : { uid: spec.uid }),
        ...(spec.gid === undefined ? {} : { gid: spec.gid }),
      });
    } finally {
      closeSync(log);
    }
    this.#ladder = spec.stopLadder;
    this.exited = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null) => {
        this.#alive = false;
        resolve({ code, signal });
      };
      this.#child.once("exit", end);
      this.#child.once("error", () => end(null, null));
    });
  }

  /** Resolves with its id once it runs; rejects when it could not be started. */
  get started(): Promise<number> {
    return new Promise((resolve, reject) => {
      const { pid } = this.#child;
      if (pid !== undefined) resolve(pid);
      else this.#child.once("error", reject);
    });
  }

  signal(signal: StopRung["signal"]): void {
    if (this.#alive) this.#child.kill(signal);
  }

  /** Climbs the ladder until the process is gone. */
  stop(): Promise<Exit> {
    this.#stopping ??= this.#climb();
    return this.#stopping;
  }

  async #climb(): Promise<Exit> {
    for (const { signal, waitMs } of this.#ladder) {
      if (!this.#alive) break;
      this.signal(signal);
      let timer: NodeJS.Timeout | undefined;
      const pause = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, waitMs);
      });
      await Promise.race([this.exited, pause]);
      clearTimeout(timer);
    }
    return this.exited;
  }
}
