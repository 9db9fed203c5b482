import { type MigratorOptions, migrateUp } from "../../src/index.ts";

// Started by migrateInChild(), which passes the options as JSON.
const options: MigratorOptions = JSON.parse(process.argv[2] ?? "{}");
const { migrations } = await migrateUp(options);
process.stdout.write(JSON.stringify(migrations.map(({ version }) => version)));
