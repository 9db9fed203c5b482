import type { Call } from "../connection/call.ts";
import type { Session } from "../connection/session.ts";
import type { ClientError } from "../errors/client-error.ts";

/** Callers that wait for a connection, served in the order of their coming. */
export class WaitingLine {
  readonly #waiters = new Set<(session: Session | Error | undefined) => void>();

  get length(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for a turn: a session, or undefined when there is room to open one.
   *
   * @param exhausted makes the error for when `timeoutMs` is over
   */
  wait(call: Call, timeoutMs: number, exhausted: () => ClientError): Promise<Session | undefined> {
    return new Promise((resolve, reject) => {
      const leave = (error: Error) => {
        clearTimeout(timer);
        call.onEnd = undefined;
        this.#waiters.delete(turn);
        reject(error);
      };
      const turn = (session: Session | Error | undefined) => {
        if (session instanceof Error) {
          leave(session);
          return;
        }
        clearTimeout(timer);
        call.onEnd = undefined;
        resolve(session);
      };
      const timer = setTimeout(() => leave(exhausted()), timeoutMs);
      call.onEnd = leave;
      this.#waiters.add(turn);
    });
  }

  /** Gives the first in the line its turn; false when nobody waits. */
  serve(session: Session | undefined): boolean {
    for (const turn of this.#waiters) {
      this.#waiters.delete(turn);
      turn(session);
      return true;
    }
    return false;
  }

  /** Sends everybody away. */
  refuseAll(error: Error): void {
    for (const turn of [...this.#waiters]) turn(error);
  }
}
