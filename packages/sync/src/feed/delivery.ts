/** Where a message was delivered from, as the subject for its acknowledgement says. */
export interface Delivery {
  readonly streamSequence: number;
  /** Counts what the consumer has delivered, from 1. */
  readonly consumerSequence: number;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAtMs: number;
  /** How many messages follow. */
  readonly pending: number;
}

/**
 * Reads `$JS.ACK.[domain.account.]stream.consumer.deliveries.stream sequence.consumer sequence.nanoseconds.pending[.token]`;
 * undefined for anything else.
 */
export function readDelivery(reply: string | undefined): Delivery | undefined {
  const tokens = reply?.split(".") ?? [];
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK" || (tokens.length !== 9 && tokens.length < 11))
    return undefined;
  const from = tokens.length === 9 ? 5 : 7;
  return {
    streamSequence: Number(tokens[from]),
    consumerSequence: Number(tokens[from + 1]),
    // As a number, nanoseconds are rounded: sometimes into the next millisecond.
    storedAtMs: Number(tokens[from + 2]?.slice(0, -6)),
    pending: Number(tokens[from + 3]),
  };
}
