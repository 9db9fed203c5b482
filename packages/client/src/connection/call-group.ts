import type { Call } from "./call.ts";

/** Calls that end together when what they are part of ends. */
export class CallGroup {
  readonly #calls = new Set<Call>();
  #ended: Error | undefined;

  /**
   * Makes a call one of them for as long as `work` takes, and stops its clock afterwards. When they have ended, it
   * has as well, and `work` does not begin.
   */
  async during<Result>(call: Call, work: (call: Call) => Promise<Result>): Promise<Result> {
    this.#calls.add(call);
    try {
      if (this.#ended !== undefined) throw this.#ended;
      return await work(call);
    } finally {
      this.#calls.delete(call);
      call.stop();
    }
  }

  /** Runs work until a call is over: then all of them are, and nobody waits for the work any longer. */
  async until<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    const { promise: over, reject } = Promise.withResolvers<never>();
    call.onEnd = (why) => {
      this.end(why);
      reject(why);
    };
    if (call.ended === undefined) return await Promise.race([work(), over]);
    this.end(call.ended);
    throw call.ended;
  }

  /** Ends them all, and whatever comes later. */
  end(why: Error): void {
    this.#ended ??= why;
    for (const call of [...this.#calls]) call.end(why);
  }
}
