import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * A digest of name, size and modification time of the named files, so that a second run knows in
 * milliseconds whether anything changed. `manifests` adds each package's package.json and tsup.config.ts.
 */
export function fingerprint(root, { folders, files, manifests }) {
  const paths = [
    ...files,
    ...folders.flatMap((pattern) => expand(root, pattern)).flatMap((folder) => listFiles(root, folder)),
    ...(manifests ? packageFolders(root).flatMap((p) => [`${p}/package.json`, `${p}/tsup.config.ts`]) : []),
  ];
  const hash = createHash("sha256");
  for (const path of paths.sort()) {
    const full = join(root, path);
    if (!existsSync(full)) continue;
    const { size, mtimeMs } = statSync(full);
    hash.update(`${path}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest("hex");
}

/** What the build leaves behind: the file that each package's `exports` or `bin` names. */
export function builtFiles(root) {
  return packageFolders(root).flatMap((folder) => {
    const manifest = join(root, folder, "package.json");
    if (!existsSync(manifest)) return [];
    const { scripts = {}, exports = {}, bin = {} } = JSON.parse(readFileSync(manifest, "utf8"));
    if (scripts.build === undefined) return [];
    const files = [exports["."]?.default, ...Object.values(bin)].filter((file) => file !== undefined);
    return files.map((file) => join(root, folder, file));
  });
}

const packageFolders = (root) =>
  ["packages/*", "apps/*", "tooling/*"].flatMap((pattern) => expand(root, pattern));

// A star stands for one folder name.
function expand(root, pattern) {
  const [before, after] = pattern.split("*");
  if (after === undefined) return existsSync(join(root, pattern)) ? [pattern] : [];
  if (!existsSync(join(root, before))) return [];
  return readdirSync(join(root, before), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${before}${entry.name}${after}`)
    .filter((path) => existsSync(join(root, path)));
}

function listFiles(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? listFiles(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}
