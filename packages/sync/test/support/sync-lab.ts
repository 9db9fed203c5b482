import { createDatabase, type Database, sql } from "@mister-smith/client";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase, type TestCluster, type TestDatabase } from "@mister-smith/testkit";
import { headers as natsHeaders } from "@nats-io/transport-node";
import { z } from "zod";
import { type SyncConfigInput, syncConfig } from "../../src/config/sync-config.ts";
import { stateStream, stateSubject } from "../../src/keys/state-subject.ts";
import { connectNats, type NatsLink } from "../../src/nats/nats-link.ts";
import { ensureTopology } from "../../src/topology/ensure-topology.ts";

/** A migrated database, a nats-server with the topology, and connections to both. */
export interface SyncLab extends AsyncDisposable {
  readonly url: string;
  readonly database: Database;
  readonly nats: EmbeddedNats;
  readonly link: NatsLink;
  /** Registers an agent; returns its id. */
  agent(): Promise<string>;
  /** Writes the bucket as any client may; returns the revision. */
  put(
    agentId: string,
    stateKey: string,
    value: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<number>;
  /** Writes any bytes to any subject of the bucket. */
  putRaw(
    subject: string,
    bytes: Uint8Array | string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<number>;
  /** Deletes as any client may. */
  delete(agentId: string, stateKey: string): Promise<number>;
  /** What PostgreSQL holds of an agent, by key. */
  rows(agentId: string): Promise<Readonly<Record<string, StoredState>>>;
  deadLetters(): Promise<readonly StoredDeadLetter[]>;
}

/** A row of `agents.state`. */
export interface StoredState {
  readonly value: unknown;
  readonly version: number;
  readonly expiresAt: string | null;
}

/** A row of `sync.dead_letters`. */
export interface StoredDeadLetter {
  readonly code: string;
  readonly reason: string;
  readonly subject: string | null;
  readonly payload: string | null;
}

const template = {
  name: "migrated",
  prepare: async (url: string) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
};

/** Opens a lab. Its servers may be killed and started again. */
export async function openSyncLab(
  options: {
    readonly cluster?: TestCluster;
    readonly nats?: EmbeddedNats;
    /** Settings of the topology that differ. */
    readonly config?: SyncConfigInput;
  } = {},
): Promise<SyncLab> {
  const testDatabase: TestDatabase = await createTestDatabase({
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
    template,
  });
  const nats = options.nats ?? (await startNats());
  const database = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
  const link = await connectNats({ servers: nats.url, name: "lab" });
  await ensureTopology(link, syncConfig.parse(options.config ?? {}), { apply: true });
  const publish = async (
    subject: string,
    bytes: Uint8Array | string,
    own?: Readonly<Record<string, string>>,
  ) => {
    const headers = natsHeaders();
    for (const [name, value] of Object.entries(own ?? {})) headers.set(name, value);
    return (await link.js.publish(subject, bytes, { headers })).seq;
  };
  return {
    url: testDatabase.url,
    database,
    nats,
    link,
    agent: async () =>
      (await database.agents.register({ agentType: "tester", agentName: crypto.randomUUID() })).agentId,
    put: (agentId, stateKey, value, headers) =>
      publish(stateSubject({ agentId, stateKey }), JSON.stringify(value), headers),
    putRaw: publish,
    delete: (agentId, stateKey) =>
      publish(stateSubject({ agentId, stateKey }), "", { "KV-Operation": "DEL" }),
    rows: async (agentId) => {
      const rows = await database.write.any(
        sql.type(stateRow)`
          SELECT s.state_key AS key, s.state_value AS value, s.version::INTEGER AS version, s.expires_at::TEXT AS "expiresAt"
          FROM agents.state AS s WHERE s.agent_id = ${agentId} ORDER BY s.state_key`,
      );
      return Object.fromEntries(rows.map(({ key, ...row }) => [key, row]));
    },
    deadLetters: () =>
      database.write.any(
        sql.type(deadLetterRow)`
          SELECT d.reason_code AS code, d.reason, d.subject, encode(d.payload, 'escape') AS payload
          FROM sync.dead_letters AS d ORDER BY d.dead_letter_id`,
      ),
    [Symbol.asyncDispose]: async () => {
      await link.close();
      await database.close();
      await testDatabase.drop();
      if (options.nats === undefined) await nats.stop();
    },
  };
}

const stateRow = z.object({
  key: z.string(),
  value: z.unknown(),
  version: z.int(),
  expiresAt: z.string().nullable(),
});
const deadLetterRow = z.object({
  code: z.string(),
  reason: z.string(),
  subject: z.string().nullable(),
  payload: z.string().nullable(),
});

/** Empties the bucket as whoever deletes and makes it anew does. */
export async function recreateBucket(link: NatsLink): Promise<void> {
  await link.manager.streams.delete(stateStream);
  await ensureTopology(link, syncConfig.parse({}), { apply: true });
}
