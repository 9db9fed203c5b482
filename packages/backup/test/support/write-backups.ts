// Writes backups until it is killed: of eight objects each, into the repository of a folder, with its key.
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { masterKeys, openFolderStore, openRepository } from "../../src/index.ts";

const [folder = ""] = process.argv.slice(2);
const keys = masterKeys("k1", { k1: await readFile(join(folder, "key")) });
const repository = openRepository({ store: await openFolderStore(join(folder, "repository")), keys });

async function* some(): AsyncGenerator<Uint8Array> {
  yield randomBytes(50_000);
}

process.stdout.write("begins\n");
for (;;) {
  const writer = repository.begin("base");
  for (let object = 0; object < 8; object += 1) await writer.add(`object-${object}`, some());
  await writer.finish({});
}
