import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { locateData } from "../data-folder.ts";

/**
 * The superuser's password of the system in the folder, made up when its cluster is new: other users of the machine
 * must not get at the data, or through the superuser at the account. Undefined for a cluster that came without one.
 */
export async function systemPassword(folder: string, dataDir: string): Promise<string | undefined> {
  const file = join(folder, "postgres-password");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return kept.trim();
  if (existsSync(join(await locateData(dataDir), "PG_VERSION"))) return undefined;
  const password = randomBytes(18).toString("hex");
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  return password;
}
