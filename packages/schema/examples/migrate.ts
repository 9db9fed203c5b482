import { agentStatusType, checkMigrations, migrateUp, migrationsFolder } from "@mister-smith/schema";

const options = {
  connection: process.env["DATABASE_URL"] ?? "postgres://localhost/mister_smith",
  folder: migrationsFolder(), // the schema of Mister Smith; your own folder works as well
};

const { from, to, migrations } = await migrateUp({
  ...options,
  onEvent: (event) => {
    if (event.type === "migration-finished") console.log(`applied ${event.file}`);
  },
});
console.log(`from version ${from} to ${to}: ${migrations.length} migrations`);

// At an application's start: throws unless the database is exactly where the files are.
const { version } = await checkMigrations(options);
console.log(`the database is at version ${version}`);

// Every table, view and enum has a zod schema.
console.log(agentStatusType.parse("active"), agentStatusType.safeParse("asleep").success);
