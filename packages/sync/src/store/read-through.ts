import type { Database } from "@mister-smith/client";
import { createMissing } from "../hydrate/create-missing.ts";
import { rowsOf } from "../hydrate/state-rows.ts";
import type { StateKey } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { AckedWriter } from "./acked-writer.ts";
import type { BucketMessage } from "./bucket-message.ts";

/** How a key is brought in. */
export interface ReadThroughOptions {
  readonly database: Database;
  readonly link: NatsLink;
  readonly writer: AckedWriter;
  readonly runId: string;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads a key from PostgreSQL that the bucket does not know, and brings it into the bucket. Undefined: PostgreSQL has none.
 * `overtaken`: the bucket knows it by now.
 */
export async function readThrough(
  options: ReadThroughOptions,
  key: StateKey,
): Promise<BucketMessage | undefined | "overtaken"> {
  const { database, link, writer, runId, deadline, signal } = options;
  const timeoutMs = Math.max(1, deadline - performance.now());
  const asked = signal === undefined ? { timeoutMs } : { timeoutMs, signal };
  const rows = await rowsOf(database.write, [key], asked);
  if (rows.length === 0) return undefined;
  const [created] = await createMissing(
    { database, link, writer, runId, inFlight: 1, timeoutMs, signal },
    rows,
  );
  if (created === undefined) return "overtaken";
  const { row, sequence } = created;
  return {
    sequence,
    storedAtMs: Date.now(),
    isDelete: false,
    isFromPostgres: true,
    expiresAtMs: row.expiresAt === undefined ? undefined : Date.parse(row.expiresAt),
    data: Buffer.from(row.value),
  };
}
