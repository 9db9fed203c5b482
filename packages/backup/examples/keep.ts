import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { masterKeys, openFolderStore, openRepository } from "@mister-smith/backup";

const store = await openFolderStore(process.env["BACKUP_FOLDER"] ?? join(tmpdir(), "backups"));
// In production: a key that is kept elsewhere, and never lost.
const keys = masterKeys("2026", { "2026": randomBytes(32) });
const repository = openRepository({ store, keys });

const writer = repository.begin("logical");
await writer.add("example.ts", createReadStream(import.meta.filename));
const { id } = await writer.finish({ reason: "before the move" });

const faults = await repository.verify(await repository.read(id));
console.log(id, "logical", faults.length === 0 ? "sound" : "damaged");
