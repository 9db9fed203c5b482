import type { Database } from "@mister-smith/client";
import { type CreatedRow, createMissing } from "../hydrate/create-missing.ts";
import { rowsOf, type StateRow } from "../hydrate/state-rows.ts";
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
 * `overtaken`: the bucket knows it by now. One that is larger than a message may be stays out of the bucket, and has number 0.
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
  let tooLarge: StateRow | undefined;
  const onTooLarge = (row: StateRow) => {
    tooLarge = row;
  };
  const [created] = await createMissing(
    { database, link, writer, runId, inFlight: 1, timeoutMs, signal, onTooLarge },
    rows,
  );
  if (created !== undefined) return messageOf(created);
  return tooLarge === undefined ? "overtaken" : messageOf({ row: tooLarge, sequence: 0 });
}

function messageOf({ row, sequence }: CreatedRow): BucketMessage {
  return {
    sequence,
    storedAtMs: Date.now(),
    isDelete: false,
    isFromPostgres: true,
    expiresAtMs: row.expiresAt === undefined ? undefined : Date.parse(row.expiresAt),
    data: Buffer.from(row.value),
  };
}
