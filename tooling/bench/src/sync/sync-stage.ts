import { createDatabase, type Database } from "@mister-smith/client";
import { type EmbeddedNats, type EmbeddedPostgres, startNats } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { connectNats, ensureTopology, type NatsLink, stateStream, syncConfig } from "@mister-smith/sync";
import type pg from "pg";
import { quietPool } from "../queues/quiet-pool.ts";
import { withDatabase, withPostgres } from "../server.ts";

/** Both servers, migrated, with the topology, and what the sides use of them. */
export interface SyncStage {
  readonly postgres: EmbeddedPostgres;
  readonly nats: EmbeddedNats;
  readonly url: string;
  readonly database: Database;
  /** Of the one who does without us. */
  readonly pool: pg.Pool;
  readonly link: NatsLink;
  /** Agents that are registered. */
  readonly agents: readonly string[];
}

const connections = 10;
const agents = 50;
/** Small enough for any disk: the server sets it aside. */
export const taskStreamBytes = 1_073_741_824;

/** Opens both servers, hands them to `work`, and leaves nothing of them behind. */
export async function withSyncStage(work: (stage: SyncStage) => Promise<void>): Promise<void> {
  await withPostgres((postgres) =>
    withDatabase(postgres, "bench_sync", async (url) => {
      await migrateUp({ connection: url, folder: migrationsFolder() });
      await using nats = await startNats();
      await using link = await connectNats({ servers: nats.url, name: "bench", timeoutMs: 30_000 });
      await using database = await createDatabase({ primary: { url, max: connections } });
      const pool = quietPool(url, connections);
      try {
        const streams = { taskExecution: { maxBytes: taskStreamBytes } };
        await ensureTopology(link, syncConfig.parse({ streams }), { apply: true });
        const registered = await Promise.all(
          Array.from({ length: agents }, (_, n) =>
            database.agents.register({ agentType: "bench", agentName: `bench ${n}` }),
          ),
        );
        await work({
          postgres,
          nats,
          url,
          database,
          pool,
          link,
          agents: registered.map(({ agentId }) => agentId),
        });
      } finally {
        await pool.end();
      }
    }),
  );
}

/** What the servers are, for the conditions. */
export function stageFacts({ postgres, nats }: SyncStage): Record<string, string> {
  return {
    postgres: `${postgres.version.full}, on loopback, shared_buffers 256MB, max_wal_size 4GB, fsync and synchronous_commit on`,
    nats: `nats-server ${nats.version.full}, file storage, one replica, ${
      nats.syncInterval === "always"
        ? "written to disk before each acknowledgement"
        : "written to disk every two minutes"
    }`,
    value: "300 bytes of JSON",
  };
}

/** Empties bucket and table. The flusher's position stays: numbers go on. */
export async function emptyState({ link, pool }: SyncStage): Promise<void> {
  await link.manager.streams.purge(stateStream);
  await pool.query("TRUNCATE agents.state");
}

/** A value of 300 bytes as JSON. */
export function stateValue(number: number): string {
  const head = `{"number":${number},"text":"`;
  return `${head}${"x".repeat(300 - head.length - 2)}"}`;
}

/** Runs `one` for every number below `count`, so many at once. */
export async function pipelined(
  count: number,
  atOnce: number,
  one: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await one(number);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
