import { type ChildProcess, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { SmithError } from "@mister-smith/errors";
import { isReport, type Order, type Report, type ServerProcessSpec } from "./messages.ts";
import type { Exit } from "./supervised-process.ts";
import { supervisorScript } from "./supervisor-script.ts";
import { WatchedServer } from "./watched-server.ts";

/** Starting a Node.js process takes 50 ms; this is for a machine that is out of breath. */
const startTimeoutMs = 30_000;

/** This program's end of a supervisor process. */
export class Supervisor {
  readonly #child: ChildProcess;
  readonly #servers = new Map<number, WatchedServer>();
  readonly #folders = new Set<string>();
  readonly #gone: Promise<void>;
  #lastId = 0;
  #awaited = 0;
  #state: "serving" | "detached" | "gone" = "serving";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (message) => {
      if (isReport(message)) this.#hear(message);
    });
    this.#gone = new Promise((resolve) => child.once("exit", () => resolve()));
    void this.#gone.then(() => this.#takeOver());
  }

  /** Starts a supervisor of its own. It goes with this program unless it is told to detach. */
  static async start(): Promise<Supervisor> {
    const child = spawn(process.execPath, [supervisorScript()], {
      cwd: "/",
      env: plainEnvironment(),
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      detached: true,
    });
    await new Promise<void>((resolve, reject) => {
      const fail = (cause?: unknown) =>
        reject(new SmithError("SUPERVISOR_FAILED", "the supervisor of the servers did not start", { cause }));
      const timer = setTimeout(fail, startTimeoutMs);
      child.once("error", fail);
      child.once("exit", fail);
      child.once("message", () => {
        clearTimeout(timer);
        child.off("error", fail).off("exit", fail);
        resolve();
      });
    });
    const supervisor = new Supervisor(child);
    supervisor.#letProgramEnd();
    return supervisor;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get serving(): boolean {
    return this.#state === "serving";
  }

  get idle(): boolean {
    return this.#servers.size === 0 && this.#folders.size === 0;
  }

  /** Runs a server; resolves once its process exists. */
  async run(spec: ServerProcessSpec): Promise<WatchedServer> {
    this.#lastId += 1;
    const id = this.#lastId;
    const server = new WatchedServer(spec, {
      stop: () => this.#tell({ order: "stop", id }),
      signal: (signal) => this.#tell({ order: "signal", id, signal }),
      awaiting: (report) => this.#holdingProgram(report),
    });
    this.#servers.set(id, server);
    try {
      if (!this.#tell({ order: "run", id, spec })) server.lost(new Error("the supervisor is gone"));
      await this.#holdingProgram(server.started);
      return server;
    } catch (cause) {
      this.#servers.delete(id);
      throw new SmithError("SERVER_NOT_STARTED", `cannot run ${spec.file}: ${reasonOf(cause)}`, { cause });
    }
  }

  /** From now on the folder is removed when this program ends, after the servers. */
  ownFolder(path: string): void {
    this.#folders.add(path);
    this.#tell({ order: "own-folder", path });
  }

  /** Leaves the folder to its caller, who removes or keeps it. */
  disownFolder(path: string): void {
    this.#folders.delete(path);
    this.#tell({ order: "disown-folder", path });
  }

  /** Leaves the servers running when this program ends; nothing can be told to the supervisor afterwards. */
  async detach(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#child.send({ order: "detach" } satisfies Order, () => resolve());
    });
    this.#state = "detached";
    this.#child.disconnect();
  }

  /** Ends the supervisor, and with it what it still runs. */
  async close(): Promise<void> {
    if (this.#state !== "serving") return;
    this.#child.ref();
    if (this.#child.connected) this.#child.disconnect();
    await this.#gone;
  }

  #tell(order: Order): boolean {
    if (this.#state !== "serving" || !this.#child.connected) return false;
    this.#child.send(order, () => {});
    return true;
  }

  #hear(report: Report): void {
    if (report.report === "ready") return;
    const server = this.#servers.get(report.id);
    if (report.report === "running") server?.runs(report.pid);
    if (report.report === "not-started") server?.lost(new Error(report.message));
    if (report.report === "exited") {
      this.#servers.delete(report.id);
      server?.ended({ code: report.code, signal: report.signal } satisfies Exit);
    }
  }

  /** The supervisor is dead while its servers live: nobody would stop them when this program dies, so they stop now. */
  async #takeOver(): Promise<void> {
    if (this.#state === "detached") return;
    this.#state = "gone";
    const orphans = [...this.#servers.values()];
    this.#servers.clear();
    await Promise.all(orphans.map((server) => server.stopByPid()));
    await Promise.all([...this.#folders].map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** While somebody waits for a report, the program must not end for want of anything to do. */
  async #holdingProgram<T>(report: Promise<T>): Promise<T> {
    this.#awaited += 1;
    this.#child.ref();
    this.#child.channel?.ref();
    try {
      return await report;
    } finally {
      this.#awaited -= 1;
      this.#letProgramEnd();
    }
  }

  /** An idle supervisor must not keep a program from ending. */
  #letProgramEnd(): void {
    if (this.#awaited > 0) return;
    this.#child.unref();
    this.#child.channel?.unref();
  }
}

/** A debugger, a loader or a coverage tool of the program is not meant for the supervisor. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return rest;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
