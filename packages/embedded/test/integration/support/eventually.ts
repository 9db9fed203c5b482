import { isProcessAlive } from "../../../src/process/process-identity.ts";
import { waitUntil } from "../../../src/process/wait-until.ts";

/** Waits for a condition; fails with its description when it never holds. */
export async function eventually(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const held = await waitUntil(probe, { timeoutMs: 40_000, everyMs: 30 });
  if (held === undefined) throw new Error(`never happened: ${what}`);
}

export async function eventuallyGone(pids: readonly number[]): Promise<void> {
  await eventually(`processes ${pids.join(", ")} end`, () => pids.every((pid) => !isProcessAlive(pid)));
}
