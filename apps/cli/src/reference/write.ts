import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { referenceFiles, referenceFolder } from "./reference-files.ts";

// Run it from the repository: node --conditions=@mister-smith/source apps/cli/src/reference/write.ts

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const files = await referenceFiles();

for (const [path, content] of files) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}
for (const name of await readdir(join(root, referenceFolder))) {
  if (!files.has(`${referenceFolder}/${name}`)) await rm(join(root, referenceFolder, name));
}
process.stdout.write(`${files.size} pages written\n`);
