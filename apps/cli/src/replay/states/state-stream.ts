import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Database } from "@mister-smith/client";
import { connectNats, createStateStore, type StateWrite, stateStream } from "@mister-smith/sync";
import type { Plan, Row } from "../plan/plan.ts";
import { storableJson } from "../storable-text.ts";
import { openBucket } from "./open-bucket.ts";
import { isGone, stateRows } from "./parts-of-plan.ts";
import { type StandInFlusher, standInFlusher } from "./stand-in-flusher.ts";
import type { StateStreamOptions } from "./state-stream-options.ts";
import { waitUntilFlushed } from "./wait-until-flushed.ts";

/** What went through JetStream. */
export interface StreamedStates {
  /** Values that JetStream has acknowledged. */
  readonly put: number;
  /** Values that had expired before they could be put. */
  readonly expired: number;
  /** Who brought them to PostgreSQL: this replay too, or others alone; null when nothing was put. */
  readonly flushedBy: "replay" | "smithd" | null;
}

/** The way of agents' state through JetStream into PostgreSQL. */
export interface StateStream extends AsyncDisposable {
  /** How large a value may be, in bytes of its JSON text. */
  readonly maxValueBytes: number;
  /** Puts the state that the agents of a run have at its end; resolves when what the durability names has it. */
  put(plan: Plan, signal: AbortSignal): Promise<void>;
  /** Resolves when PostgreSQL has all that was put, dead letters aside. */
  flushed(signal: AbortSignal, onWaiting?: (messages: number) => void): Promise<void>;
  readonly done: StreamedStates;
}

/** How long a put may take, over restarts of nats-server, in milliseconds. */
const putTimeoutMs = 30_000;

// What a message has beside its value: its subject and its headers.
const messageOverheadBytes = 2_048;

/**
 * Opens the way: the bucket is made where it is missing, and a flusher of this process stands in for smithd where none
 * has the role.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `UNSUPPORTED_SERVER`, `TOPOLOGY`
 */
export async function openStateStream(
  database: Database,
  options: StateStreamOptions,
  signal: AbortSignal,
): Promise<StateStream> {
  const { servers, sync, durability = "stored", connectTimeoutMs, leaseTtlMs, flushTimeoutMs } = options;
  await using opened = new AsyncDisposableStack();
  const link = opened.use(await connectNats({ servers, name: "smith replay", timeoutMs: connectTimeoutMs }));
  await openBucket(link, sync, signal);
  const createdMs = Date.parse((await link.manager.streams.info(stateStream)).created);
  const maxValueBytes = Math.min(
    sync.flush.maxValueBytes,
    (link.connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - messageOverheadBytes,
  );
  const store = opened.use(
    await createStateStore({ link, database, timeoutMs: putTimeoutMs, maxValueBytes }),
  );
  const holder = `smith replay ${hostname()} ${process.pid} ${randomUUID()}`;
  const flusher: StandInFlusher = opened.use(
    standInFlusher({ database, link, holder, ttlMs: leaseTtlMs, flush: sync.flush }),
  );
  await flusher.start();
  const everything = opened.move();
  let put = 0;
  let expired = 0;
  let last = 0;
  return {
    maxValueBytes,
    async put(plan, ends) {
      const rows = stateRows(plan);
      const live = rows.filter((row) => !isGone(row, Date.now()));
      expired += rows.length - live.length;
      const written = await store.putMany(live.map(stateWrite), { durability, signal: ends });
      put += written.length;
      for (const { revision } of written) last = Math.max(last, revision);
    },
    async flushed(ends, onWaiting) {
      if (last === 0) return;
      const why = () => flusher.why();
      const timeoutMs = flushTimeoutMs ?? 60_000;
      await waitUntilFlushed(database, {
        revision: last,
        createdMs,
        timeoutMs,
        signal: ends,
        why,
        onWaiting,
      });
    },
    get done(): StreamedStates {
      const flushedBy = put === 0 ? null : flusher.messages > 0 ? "replay" : "smithd";
      return { put, expired, flushedBy };
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function stateWrite(row: Row): StateWrite {
  const { agent_id: agentId, state_key: stateKey, state_value: value, expires_at: at } = row;
  return {
    agentId: String(agentId),
    stateKey: String(stateKey),
    value: storableJson(value ?? null),
    ...(typeof at === "string" ? { expiresAt: new Date(at) } : {}),
  };
}
