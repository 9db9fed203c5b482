import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { cached } from "../cache-folder.ts";
import { canReach } from "../user/can-reach.ts";
import type { OsUser } from "../user/os-user.ts";
import type { FoundPostgres } from "./found-postgres.ts";

/**
 * The same programs in a folder that `user` can reach: where they are, or a copy of the whole installation in
 * the cache.
 *
 * @throws SmithError `SERVER_OUT_OF_REACH` when the user cannot reach them and they cannot be copied
 */
export async function reachablePostgres(
  given: FoundPostgres,
  user: OsUser | undefined,
): Promise<FoundPostgres> {
  // A link on the way may itself be out of reach.
  const found = { ...given, binDir: await realpath(given.binDir) };
  const program = join(found.binDir, "postgres");
  if (await canReach(user, program)) return found;
  const root = dirname(found.binDir);
  const isWhole =
    basename(found.binDir) === "bin" && ["lib", "share"].every((part) => existsSync(join(root, part)));
  if (!isWhole) {
    throw new SmithError(
      "SERVER_OUT_OF_REACH",
      `the user ${user?.name} that PostgreSQL has to run as cannot reach ${found.binDir}`,
      {
        hint: "Name another installation in SMITH_PG_BIN, or start as an ordinary user.",
        details: { binDir: found.binDir },
      },
    );
  }
  const { mtimeMs, size } = await stat(program);
  const digest = createHash("sha256").update(`${program} ${mtimeMs} ${size}`).digest("hex").slice(0, 12);
  const copy = await cached(`postgres-${found.version.full}-${digest}`, (draft) =>
    cp(root, join(draft, "native"), { recursive: true, verbatimSymlinks: true }),
  );
  return { ...found, binDir: join(copy, "native", "bin") };
}
