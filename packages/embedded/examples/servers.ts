import { startNats, startPostgres } from "@mister-smith/embedded";

await using postgres = await startPostgres({
  database: "shop",
  settings: { max_connections: 50 },
  durability: "fast", // for tests: a crash of the machine may lose data
});
await using nats = await startNats();

console.log(`PostgreSQL ${postgres.version.full} (${postgres.origin}): ${postgres.url}`);
console.log(`nats-server ${nats.version.full} (${nats.origin}): ${nats.url}`);

await using replica = await postgres.startReplica();
console.log(`hot standby: ${replica.url}`);

await postgres.kill(); // as a crash would
await postgres.start(); // same folder, same port
console.log("recovered");
