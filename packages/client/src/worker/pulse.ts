import { DatabaseError, isRefusalOfValues } from "@mister-smith/errors";
import type { Executor } from "../executor/executor.ts";
import { maxAttempts } from "../tasks/work/claim-columns.ts";
import { heartbeatAttempts } from "../tasks/work/heartbeat-tasks.ts";
import type { Attempt } from "./attempt.ts";
import { reasonToEnd } from "./worker-reasons.ts";

/** What the pulse tells its worker. */
export interface PulseHost {
  /** All leases that the worker holds. */
  readonly held: ReadonlyMap<string, Attempt>;
  onLost(attempt: Attempt, reason: Error): void;
  onCancelRequested(attempt: Attempt): void;
  /** The handler shall end. */
  abort(attempt: Attempt, reason: Error): void;
  onTrouble(error: unknown): void;
}

/** How often, and for how long leases are prolonged. */
export interface PulseSettings {
  readonly leaseMs: number;
  readonly heartbeatIntervalMs: number;
}

/**
 * Gives a sign of life for all tasks of a worker together.
 *
 * By this machine's clock only spans of time are measured, never moments: the server's clock says when a lease ends.
 */
export class Pulse {
  readonly #on: Executor;
  readonly #host: PulseHost;
  readonly #settings: PulseSettings;
  readonly #timer: NodeJS.Timeout;
  #isUnderWay = false;

  constructor(on: Executor, host: PulseHost, settings: PulseSettings) {
    this.#on = on;
    this.#host = host;
    this.#settings = settings;
    this.#timer = setInterval(() => void this.#tick(), settings.heartbeatIntervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A sign of life for these tasks now. */
  async beat(attempts: readonly Attempt[]): Promise<void> {
    const spoken = attempts.filter(({ newProgress }) => newProgress !== undefined);
    try {
      await this.#send(attempts, ({ newProgress }) => newProgress);
    } catch (error) {
      if (spoken.length === 0 || !isRefusal(error)) throw error;
      // What one of them says of its progress must not cost the others their leases, nor itself.
      await this.#send(attempts, () => undefined);
      for (const attempt of spoken) await this.#sendProgress(attempt);
    }
  }

  async #sendProgress(attempt: Attempt): Promise<void> {
    const { newProgress } = attempt;
    try {
      await this.#send([attempt], () => newProgress);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (attempt.newProgress === newProgress) attempt.newProgress = undefined;
      this.#host.onTrouble(error);
    }
  }

  async #send(
    attempts: readonly Attempt[],
    progressOf: (attempt: Attempt) => string | undefined,
  ): Promise<void> {
    const sentAt = performance.now();
    const sent = attempts.map((attempt) => ({
      taskId: attempt.taskId,
      fencingToken: attempt.fencingToken,
      progressText: progressOf(attempt),
    }));
    const leases = await heartbeatAttempts(this.#on, sent, this.#settings.leaseMs);
    const found = new Map(leases.map((lease) => [lease.taskId, lease]));
    attempts.forEach((attempt, at) => {
      const lease = found.get(attempt.taskId);
      if (lease === undefined) {
        // An attempt that ends just now is told of its lease by the answer to its outcome.
        if (attempt.state === "running" || attempt.state === "waiting")
          this.#host.onLost(attempt, reasonToEnd.leaseLost(attempt.taskId, attempt.fencingToken));
        return;
      }
      attempt.heardAt = Math.max(attempt.heardAt, sentAt);
      if (attempt.newProgress === sent[at]?.progressText) attempt.newProgress = undefined;
      if (lease.cancelRequested) this.#host.onCancelRequested(attempt);
    });
  }

  async #tick(): Promise<void> {
    const now = performance.now();
    const { heartbeatIntervalMs, leaseMs } = this.#settings;
    const due: Attempt[] = [];
    for (const attempt of this.#host.held.values()) {
      if (attempt.state === "over") continue;
      // By the next tick the lease may have run out.
      if (now + heartbeatIntervalMs > attempt.heardAt + leaseMs) {
        const reason = reasonToEnd.notHeard(attempt.taskId, leaseMs);
        if (attempt.state === "waiting") this.#host.onLost(attempt, reason);
        else if (attempt.state === "running") this.#host.abort(attempt, reason);
      }
      // A task that was claimed just now need not be prolonged.
      if (now - attempt.heardAt >= heartbeatIntervalMs / 2 || attempt.newProgress !== undefined)
        due.push(attempt);
    }
    if (this.#isUnderWay || due.length === 0) return;
    this.#isUnderWay = true;
    try {
      for (let from = 0; from < due.length; from += maxAttempts)
        await this.beat(due.slice(from, from + maxAttempts));
    } catch (error) {
      this.#host.onTrouble(error);
    } finally {
      this.#isUnderWay = false;
    }
  }
}

/** Whether the database will never take what was sent. */
function isRefusal(error: unknown): boolean {
  return error instanceof DatabaseError && isRefusalOfValues(error.cause);
}
