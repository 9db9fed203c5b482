import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { locateData } from "../data-folder.ts";
import { stopSystem } from "./stop-system.ts";

/**
 * Stops the system of the folder and removes the folder with all its data, also where that had to be placed
 * elsewhere. There is no way back.
 */
export async function removeSystem(folder: string): Promise<void> {
  const path = resolve(folder);
  await stopSystem(path);
  await rm(await locateData(join(path, "postgres")), { recursive: true, force: true, maxRetries: 5 });
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
