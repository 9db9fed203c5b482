import { randomUUID } from "node:crypto";
import { createDatabase, type Database, sql } from "@mister-smith/client";
import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { cluster, createTestDatabase, type TestCluster, type TestDatabase } from "@mister-smith/testkit";
import { AckPolicy, DeliverPolicy, RetentionPolicy, StorageType } from "@nats-io/jetstream";
import { afterAll, beforeAll, vi } from "vitest";
import { z } from "zod";
import {
  connectNats,
  createRelay,
  type EventKind,
  type NatsLink,
  type Relay,
  type RelayOptions,
} from "../../src/index.ts";

/** A database whose events are told, a nats-server with all streams and buckets, and a link to it. */
export interface RelayLab {
  readonly url: string;
  readonly db: Database;
  readonly nats: EmbeddedNats;
  readonly link: NatsLink;
}

/** A template with the newest schema. */
export const syncTemplate = {
  name: "migrated",
  prepare: async (url: string) => {
    await migrateUp({ connection: url, folder: migrationsFolder() });
  },
};

/** Makes a lab for the tests of a file. */
export function useRelayLab(kinds: readonly EventKind[], on?: TestCluster): () => RelayLab {
  let database: TestDatabase | undefined;
  let lab: RelayLab | undefined;

  beforeAll(async () => {
    const nats = await startNats();
    database = await createTestDatabase({ cluster: on ?? cluster(), template: syncTemplate });
    const db = await createDatabase({ primary: { url: database.url } });
    const link = await connectNats({ servers: nats.url, timeoutMs: 2_000 });
    lab = { url: database.url, db, nats, link };
    await addStreams(link);
    await enableEvents(db, kinds);
  });
  afterAll(async () => {
    await lab?.link.close();
    await lab?.db.close();
    await database?.drop();
    await lab?.nats.stop();
  });

  return () => {
    if (lab === undefined) throw new Error("the lab is there only while tests run");
    return lab;
  };
}

/** Has triggers write events of these kinds. */
export async function enableEvents(db: Database, kinds: readonly EventKind[]): Promise<void> {
  if (kinds.length === 0) return;
  await db.write.query(sql.unsafe`SELECT sync.enable_events(VARIADIC ${sql.array([...kinds], "text")})`);
}

const eventStreams: readonly (readonly [string, readonly string[]])[] = [
  ["AGENT_STATE", ["agents.state.>", "agents.lifecycle.>", "agents.heartbeat.>"]],
  [
    "TASK_EXECUTION",
    ["tasks.created.>", "tasks.started.>", "tasks.completed.>", "tasks.failed.>", "tasks.cancelled.>"],
  ],
  ["AGENT_MESSAGES", ["messages.direct.>", "messages.broadcast.>", "messages.notification.>"]],
];

/** Makes the streams of events, which keep everything, so that a test can read it back. */
export async function addStreams(link: NatsLink, only?: string): Promise<void> {
  for (const [name, subjects] of eventStreams) {
    if (only !== undefined && only !== name) continue;
    await link.manager.streams.add({
      name,
      subjects: [...subjects],
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      max_msg_size: 256 * 1024,
      duplicate_window: 300_000_000_000,
    });
  }
  for (const bucket of ["SESSION_DATA", "AGENT_STATE", "AGENT_CONFIG", "QUERY_CACHE"]) {
    if (only === undefined) await addBucket(link, bucket);
  }
}

/** Makes a bucket as clients of key-value stores do. */
export async function addBucket(link: NatsLink, bucket: string): Promise<void> {
  await link.manager.streams.add({
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    max_msgs_per_subject: 5,
    storage: bucket === "QUERY_CACHE" ? StorageType.Memory : StorageType.File,
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
  });
}

/** A message of a stream. */
export interface SeenMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly id: string;
  readonly eventId: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into what they expect
  readonly body: any;
}

/** Everything that a stream holds under a filter, in order. */
export async function messagesOf(link: NatsLink, stream: string, filter: string): Promise<SeenMessage[]> {
  const name = `look-${randomUUID()}`;
  const info = await link.manager.consumers.add(stream, {
    name,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.All,
    filter_subject: filter,
    inactive_threshold: 5_000_000_000,
  });
  const seen: SeenMessage[] = [];
  if (info.num_pending > 0) {
    const consumer = await link.js.consumers.get(stream, name);
    for await (const message of await consumer.fetch({ max_messages: info.num_pending, expires: 5_000 })) {
      seen.push({
        subject: message.subject,
        sequence: message.seq,
        id: message.headers?.get("Nats-Msg-Id") ?? "",
        eventId: Number(message.headers?.get("Smith-Event-Id")),
        body: message.data.length > 0 ? message.json() : undefined,
      });
    }
  }
  await link.manager.consumers.delete(stream, name);
  return seen;
}

/** Makes a relay that publishes alone, without projections, unless told otherwise. */
export function relayOf(lab: RelayLab, options: Partial<RelayOptions> = {}): Relay {
  return createRelay({
    database: lab.db,
    link: lab.link,
    project: { states: false, sessions: false, configs: false, cache: false },
    maxRetryDelayMs: 200,
    ...options,
  });
}

/** Waits until nothing is pending but what is parked. */
export async function untilPublished(relay: Relay): Promise<void> {
  await untilTrue("everything is published", async () => (await relay.backlog()).events === 0);
}

/** Waits for a condition. */
export async function untilTrue(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error(`never happened: ${what}`);
    },
    { timeout: 40_000, interval: 20 },
  );
}

/** Adds an active agent. */
export async function addAgent(db: Database, status = "active"): Promise<string> {
  return db.write.oneFirst(sql.type(z.object({ id: z.string() }))`
    INSERT INTO agents.registry (agent_type, agent_name, status)
    VALUES ('worker', 'one', ${status}::public.agent_status_type) RETURNING agent_id::TEXT AS id
  `);
}

/** What an event in the outbox is made of. */
export interface MadeEvent {
  readonly aggregate: string;
  readonly subject: string | null;
  readonly kind?: string;
  readonly payload?: object;
}

/** Writes events into the outbox as a trigger would, and gives their numbers. */
export async function tell(
  on: Pick<Database["write"], "any">,
  events: readonly MadeEvent[],
): Promise<number[]> {
  const rows = await on.any(sql.type(z.object({ id: z.coerce.number() }))`
    WITH told AS (
      INSERT INTO sync.outbox (kind, operation, aggregate, subject, payload)
      SELECT e.kind, 'created', e.aggregate, e.subject, e.payload::JSONB
      FROM unnest(
        ${sql.array(
          events.map(({ kind }) => kind ?? "task"),
          "text",
        )},
        ${sql.array(
          events.map(({ aggregate }) => aggregate),
          "text",
        )},
        ${sql.array(
          events.map(({ subject }) => subject),
          "text",
        )},
        ${sql.array(
          events.map(({ payload }) => JSON.stringify(payload ?? {})),
          "text",
        )}
      ) WITH ORDINALITY AS e (kind, aggregate, subject, payload, place)
      ORDER BY e.place
      RETURNING event_id, occurred_at
    ), pending AS (
      INSERT INTO sync.outbox_pending (event_id, occurred_at) SELECT t.event_id, t.occurred_at FROM told AS t
    )
    SELECT t.event_id::TEXT AS id FROM told AS t ORDER BY t.event_id
  `);
  return rows.map(({ id }) => id);
}
