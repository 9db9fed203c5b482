import { type MigratorOptions, migrateUp } from "../../src/index.ts";

// Started by migrateInChild(), which passes the options as JSON.
const options: MigratorOptions = JSON.parse(process.argv[2] ?? "{}");

// An error that nobody catches ends Node.js by an explicit exit, which can hang while code is being compiled.
try {
  const { migrations } = await migrateUp(options);
  process.stdout.write(JSON.stringify(migrations.map(({ version }) => version)));
} catch (error) {
  process.stderr.write(String(error));
  process.exitCode = 1;
}
