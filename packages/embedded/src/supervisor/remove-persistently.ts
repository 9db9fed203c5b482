import { rm } from "node:fs/promises";
import { waitUntil } from "../process/wait-until.ts";

/** As long as making a cluster may take: see {@link removePersistently}. */
const timeoutMs = 60_000;

/**
 * Removes a folder, also while somebody still writes to it: a program that made a cluster there may have lost its
 * parent a moment ago, and ends only when it notices that its files are gone. Never rejects.
 */
export async function removePersistently(folder: string): Promise<void> {
  const remove = () =>
    rm(folder, { recursive: true, force: true }).then(
      () => true,
      () => false,
    );
  await waitUntil(remove, { timeoutMs, everyMs: 100 });
}
