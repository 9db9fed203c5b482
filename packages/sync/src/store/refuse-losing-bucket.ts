import type { StreamConfig } from "@nats-io/jetstream";
import { SyncError } from "../errors/sync-error.ts";
import { stateBucket } from "../keys/state-subject.ts";
import { settingsOfStream } from "../topology/stream-settings.ts";

/**
 * Refuses a bucket that tells of no write, or drops writes that it has acknowledged before they are flushed. Earlier
 * revisions of a key may go (`history`): the flusher needs the last one.
 *
 * @throws SyncError `TOPOLOGY`
 */
export function refuseLosingBucket(config: StreamConfig): void {
  const faults = faultsOf(config);
  if (faults.length === 0) return;
  throw new SyncError(
    "TOPOLOGY",
    `the bucket ${stateBucket} would lose writes that are not flushed: ${faults.join("; ")}`,
    {
      hint: "`smith sync topology --apply` sets right what the server can change; for the rest it says why not: bring what the bucket holds to PostgreSQL by `smith sync verify --repair`, then delete it, and it is made as it is to be.",
      details: { bucket: stateBucket, faults },
    },
  );
}

function faultsOf(config: StreamConfig): readonly string[] {
  const { maxAgeMs, noAck, retention, discard, maxMessages, maxBytes } = settingsOfStream(config);
  const dropsOldest = discard === "old";
  return [
    maxAgeMs > 0 && `it drops what is older than ${maxAgeMs} ms (max_age)`,
    noAck && "it does not tell that it has stored a write (no_ack)",
    retention !== "limits" && `it drops what its consumers have acknowledged (retention ${retention})`,
    dropsOldest && maxMessages > 0 && `it drops the oldest beyond ${maxMessages} messages (max_msgs)`,
    dropsOldest && maxBytes > 0 && `it drops the oldest beyond ${maxBytes} bytes (max_bytes)`,
  ].filter((fault) => fault !== false);
}
