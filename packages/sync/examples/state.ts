import { createDatabase } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, createFlusher, createStateStore, ensureTopology, syncConfig } from "@mister-smith/sync";

const url = process.env["DATABASE_URL"] ?? "postgres://postgres@localhost/mister_smith";
await migrateUp({ connection: url, folder: migrationsFolder() });
await using database = await createDatabase({ primary: { url } });
await using link = await connectNats({ servers: process.env["NATS_URL"] ?? "nats://localhost:4222" });
await ensureTopology(link, syncConfig.parse({}), { apply: true });

// One process does this for all; smithd is one, with much more.
await using flusher = createFlusher({ database, link });
await flusher.start();

const { agentId } = await database.agents.register({ agentType: "researcher", agentName: "Ada" });
await using store = await createStateStore({ link, database });

const { revision } = await store.put(agentId, "plan", { step: 1 }); // JetStream has it
await store.compareAndSet(agentId, "plan", revision, { step: 2 }); // over nobody else's write
await store.put(agentId, "done", ["read"], { durability: "durable" }); // PostgreSQL has it, too,
const row = await database.state.get({ agentId, stateKey: "plan" }); // and all that was written before
console.log((await store.get(agentId, "plan"))?.value, "in both stores:", row?.stateValue);
