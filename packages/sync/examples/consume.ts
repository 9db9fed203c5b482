import { createDatabase, sql } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, consume, createRelay, ensureTopology, syncConfig } from "@mister-smith/sync";

const url = process.env["DATABASE_URL"] ?? "postgres://postgres@localhost/mister_smith";
await migrateUp({ connection: url, folder: migrationsFolder() });
await using database = await createDatabase({ primary: { url } });
await using link = await connectNats({ servers: process.env["NATS_URL"] ?? "nats://localhost:4222" });
await ensureTopology(link, syncConfig.parse({}), { apply: true });
await database.write.query(sql.unsafe`SELECT sync.enable_events('task')`);
await using relay = createRelay({ database, link });
await relay.start();

const { promise: kept, resolve } = Promise.withResolvers<string>();
await using _consumption = await consume(link, {
  subject: "tasks.created.>",
  durable: "greeter",
  database, // what is given up is kept there
  maxDeliver: 2,
  backoff: [100],
  orderedBy: ({ data }) => data.task_type,
  handler: ({ data }) => Promise.reject(new Error(`no ${data.task_type} today`)),
  onDead: ({ attempts, reason }) => resolve(`${reason}, after ${attempts} attempts`),
});
await database.tasks.enqueue({ taskType: "greeting", payload: {} });
console.log("a dead letter:", await kept);
