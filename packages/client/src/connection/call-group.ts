import type { Call } from "./call.ts";

/** Calls that end together when what they are part of ends. */
export class CallGroup {
  readonly #calls = new Set<Call>();

  /** Makes a call one of them for as long as `work` takes, and stops its clock afterwards. */
  async during<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    this.#calls.add(call);
    try {
      return await work();
    } finally {
      this.#calls.delete(call);
      call.stop();
    }
  }

  end(why: Error): void {
    for (const call of [...this.#calls]) call.end(why);
  }
}
