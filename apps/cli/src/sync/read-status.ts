import type { Database } from "@mister-smith/client";
import { isSmithError } from "@mister-smith/errors";
import { type BucketStatus, readBucketStatus } from "@mister-smith/sync";
import type { Context } from "../context.ts";
import { withDatabase } from "../database/with-database.ts";
import {
  type EventSource,
  type OpenDeadLetters,
  type SyncBacklog,
  type SyncPosition,
  type SyncRole,
  selectBacklog,
  selectEventSources,
  selectOpenDeadLetters,
  selectPositions,
  selectRoles,
} from "../sql/sync.ts";
import { withNats } from "./with-nats.ts";

/** What PostgreSQL knows of the bridge to JetStream. */
export interface StoredStatus {
  readonly positions: readonly SyncPosition[];
  readonly roles: readonly SyncRole[];
  readonly backlog: readonly SyncBacklog[];
  readonly deadLetters: readonly OpenDeadLetters[];
  readonly events: readonly EventSource[];
}

/** How JetStream answered. */
export type NatsStatus =
  | { readonly connected: true; readonly bucket: BucketStatus | null }
  /** The server answers, and does not tell of the bucket: it has no JetStream, or the user may not ask. */
  | {
      readonly connected: true;
      readonly bucket: null;
      readonly why: string;
      readonly remedy: string | undefined;
    }
  | { readonly connected: false; readonly why: string };

/** How both stores stand to each other. */
export interface SyncStatus extends StoredStatus {
  readonly nats: NatsStatus;
}

/** The pipe that brings agent state to PostgreSQL. */
const statePipe = "agent_state";

/**
 * Reads how both stores stand to each other. Where NATS is away, or does not tell of the bucket, the rest is told all the
 * same.
 *
 * @throws what the database throws
 */
export async function readStatus(context: Context): Promise<SyncStatus> {
  return await withDatabase(context, "look at the synchronisation", (database) =>
    readStatusOn(context, database),
  );
}

/** The same on a database that is open. */
export async function readStatusOn(context: Context, database: Pick<Database, "write">): Promise<SyncStatus> {
  const stored = await readStored(database, context.signal);
  const position = stored.positions.find(({ pipe }) => pipe === statePipe);
  return { ...stored, nats: await readNats(context, position) };
}

async function readStored({ write }: Pick<Database, "write">, signal: AbortSignal): Promise<StoredStatus> {
  const options = { signal };
  const [positions, roles, backlog, deadLetters, events] = await Promise.all([
    write.any(selectPositions, options),
    write.any(selectRoles, options),
    write.any(selectBacklog, options),
    write.any(selectOpenDeadLetters, options),
    write.any(selectEventSources, options),
  ]);
  return { positions, roles, backlog, deadLetters, events };
}

async function readNats(context: Context, position: SyncPosition | undefined): Promise<NatsStatus> {
  try {
    const flushed =
      position === undefined
        ? undefined
        : { sequence: position.sequence, createdMs: position.streamCreatedMs ?? undefined };
    const bucket = await withNats(context, (link) => readBucketStatus(link, flushed));
    return { connected: true, bucket: bucket ?? null };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!isSmithError(error)) throw error;
    if (error.code === "NATS_UNREACHABLE") return { connected: false, why: error.message };
    return { connected: true, bucket: null, why: error.message, remedy: error.hint };
  }
}
