/**
 * What is asked of JetStream, as `JetStreamManager` of @nats-io/jetstream has it. Nothing is changed; each method throws
 * when the server does not answer.
 */
export interface JetStreamView {
  getAccountInfo(): Promise<{
    readonly storage: number;
    readonly memory: number;
    readonly limits: { readonly max_storage: number; readonly max_memory: number };
  }>;
  readonly streams: { list(): AsyncIterable<SeenStream> };
  readonly consumers: { list(stream: string): AsyncIterable<SeenConsumer> };
}

/** Who leads; there is none, or no name of one, where nobody does. Without a cluster nothing is said of it. */
export interface SeenCluster {
  readonly leader?: string;
}

/** What is read of a stream. */
export interface SeenStream {
  readonly config: { readonly name: string; readonly max_bytes: number };
  readonly state: { readonly messages: number; readonly bytes: number; readonly last_seq: number };
  readonly cluster?: SeenCluster;
}

/** What is read of a consumer. */
export interface SeenConsumer {
  readonly name: string;
  readonly num_pending: number;
  readonly num_ack_pending: number;
  readonly num_redelivered: number;
  readonly ack_floor: { readonly stream_seq: number };
  readonly cluster?: SeenCluster;
}
