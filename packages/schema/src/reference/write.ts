// Writes the reference of the database given by URL into docs/reference:
//   node --conditions=@mister-smith/source packages/schema/src/reference/write.ts URL
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SmithError } from "@mister-smith/errors";
import { Client } from "pg";
import { readReference } from "./read-reference.ts";
import { referenceFiles } from "./reference-files.ts";

const [url] = process.argv.slice(2);
if (url === undefined) {
  throw new SmithError("USAGE", "no database given", {
    hint: "Run it with the URL of a database that is migrated: write.ts postgres://…",
  });
}

const client = new Client({
  connectionString: url,
  application_name: "smith-reference",
  connectionTimeoutMillis: 10_000,
  statement_timeout: 60_000,
});
await client.connect();
try {
  const folder = join(import.meta.dirname, "../../../../docs/reference");
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(referenceFiles(await readReference(client)))) {
    await writeFile(join(folder, name), content);
  }
} finally {
  await client.end();
}
