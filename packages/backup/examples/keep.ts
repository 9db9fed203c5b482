import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { masterKeys, openFolderStore, openRepository } from "@mister-smith/backup";

const store = await openFolderStore(process.env["BACKUP_FOLDER"] ?? "/var/backups/mister-smith");
// In production: a key that is kept elsewhere, and never lost.
const keys = masterKeys("2026", { "2026": randomBytes(32) });
const repository = openRepository({ store, keys });

const writer = repository.begin("logical");
await writer.add("notes.txt", createReadStream(process.argv[2] ?? "notes.txt"));
await writer.finish({ reason: "before the move" });

for (const { id, manifest } of await repository.list()) {
  if (manifest === null) console.error(`${id} cannot be read`);
  else console.log(id, manifest.kind, (await repository.verify(manifest)).length === 0 ? "sound" : "damaged");
}
