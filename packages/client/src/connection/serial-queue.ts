import type { Call } from "./call.ts";

/** Lets one at a time in, in the order of their coming. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Whether nobody is in it. */
  get free(): boolean {
    return this.#waiting === 0;
  }

  /** Runs `work` when all before it are through; whoever's call is over by then is not let in. */
  async run<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last;
    let leave = () => {};
    this.#last = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#waiting += 1;
    try {
      if (this.#waiting > 1) await untilOver(before, call);
      return await work();
    } finally {
      this.#waiting -= 1;
      // Whoever left early still holds the place of those behind until those before are through.
      void before.then(leave);
    }
  }

  /** Resolves when all who are in it now are through. */
  async drained(): Promise<void> {
    await this.#last;
  }
}

function untilOver(before: Promise<unknown>, call: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    call.onEnd = reject;
    void before.then(() => {
      call.onEnd = undefined;
      resolve();
    });
    if (call.ended !== undefined) reject(call.ended);
  });
}
