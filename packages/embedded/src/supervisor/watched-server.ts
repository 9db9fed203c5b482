import { isProcessAlive, processIdentity } from "../process/process-identity.ts";
import type { ServerProcessSpec, StopRung } from "./messages.ts";
import { stopByPid } from "./stop-by-pid.ts";
import type { Exit } from "./supervised-process.ts";

/** What a watched server asks of the supervisor; false when the supervisor is gone. */
interface SupervisorPort {
  readonly stop: () => boolean;
  readonly signal: (signal: StopRung["signal"]) => boolean;
  /** Keeps the program from ending while it waits for what the supervisor will report. */
  readonly awaiting: <T>(report: Promise<T>) => Promise<T>;
}

/** A server process seen from the program that asked for it. */
export class WatchedServer {
  readonly #spec: ServerProcessSpec;
  readonly #port: SupervisorPort;
  readonly #started = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<Exit>();
  #identity: string | undefined;
  #pid = 0;
  #exit: Exit | undefined;

  constructor(spec: ServerProcessSpec, port: SupervisorPort) {
    this.#spec = spec;
    this.#port = port;
    this.#started.promise.catch(() => {});
  }

  get pid(): number {
    return this.#pid;
  }

  /** Settles when the process exists, or could not be started. */
  get started(): Promise<void> {
    return this.#started.promise;
  }

  /** Resolves when the process is gone, for whatever reason. */
  get exited(): Promise<Exit> {
    return this.#exited.promise;
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Stops it the gentle way first; resolves when it is gone. */
  async stop(): Promise<Exit> {
    if (this.#exit === undefined && !this.#port.stop()) await this.stopByPid();
    return this.#port.awaiting(this.#exited.promise);
  }

  /** Sends SIGKILL; resolves when it is gone. */
  async kill(): Promise<Exit> {
    if (this.#exit === undefined && !this.#port.signal("SIGKILL"))
      await this.stopByPid([{ signal: "SIGKILL", waitMs: 10_000 }]);
    return this.#port.awaiting(this.#exited.promise);
  }

  /** Stops it without the supervisor. */
  async stopByPid(ladder: readonly StopRung[] = this.#spec.stopLadder): Promise<void> {
    if (this.#exit !== undefined) return;
    if (this.#pid !== 0 && isProcessAlive(this.#pid, this.#identity)) {
      await stopByPid(this.#pid, this.#identity, ladder);
    }
    this.ended({ code: null, signal: null });
  }

  runs(pid: number): void {
    this.#pid = pid;
    this.#identity = processIdentity(pid);
    this.#started.resolve();
  }

  lost(error: Error): void {
    this.#started.reject(error);
    this.ended({ code: null, signal: null });
  }

  ended(exit: Exit): void {
    this.#exit ??= exit;
    this.#exited.resolve(exit);
  }
}
