import { setTimeout as pause } from "node:timers/promises";

/** Waits for a condition; fails with its description when it never holds. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never happened: ${what}`);
    await pause(20);
  }
}
