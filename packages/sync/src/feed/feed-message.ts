import type { MsgHdrs } from "@nats-io/transport-node";

/** A message of the stream that is read. */
export interface FeedMessage {
  readonly sequence: number;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: MsgHdrs | undefined;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAtMs: number;
}
