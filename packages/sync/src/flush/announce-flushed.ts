import type { NatsLink } from "../nats/nats-link.ts";
import type { Position } from "./position.ts";

/** Where the flusher says how far it is, without JetStream: whoever waits for a write to be durable listens here. */
export const flushedSubject = "smith.sync.flushed";

/** How far the flusher is, as it says so. */
export interface FlushedAnnouncement {
  readonly incarnation: number;
  readonly sequence: number;
}

/** Says so; nothing depends on its being heard, as the position stands in the database. */
export function announceFlushed(link: NatsLink, { incarnation, sequence }: Position): void {
  if (link.connection.isClosed()) return;
  link.connection.publish(
    flushedSubject,
    JSON.stringify({ incarnation, sequence } satisfies FlushedAnnouncement),
  );
}
