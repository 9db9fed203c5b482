import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";

/** The folder with the migrations of this repository. */
export const migrationsFolder = join(import.meta.dirname, "../../../../migrations");

/** Applies every up file to the database at `url`, each in a transaction of its own. */
export async function applyMigrations(url: string): Promise<void> {
  const client = new Client({ connectionString: url, application_name: "schema-test-template" });
  await client.connect();
  try {
    const names = await readdir(migrationsFolder);
    for (const name of names.filter((file) => file.endsWith(".up.sql")).sort()) {
      const script = await readFile(join(migrationsFolder, name), "utf8");
      await client.query(`BEGIN; ${script}\n; COMMIT`);
    }
  } finally {
    await client.end();
  }
}
