import type { streamDefaults } from "./stream-defaults.ts";

/** What a consumer is, where nothing else is configured. It is durable, pulls, and acknowledges each message. */
export interface ConsumerDefaults {
  readonly name: string;
  readonly stream: keyof typeof streamDefaults;
  readonly filterSubject: string;
  readonly ackWaitMs: number;
  readonly maxDeliver: number;
  readonly maxAckPending: number;
  readonly maxBatch: number;
}

/** The consumers that the framework expects. */
export const consumerDefaults = {
  taskProcessor: {
    name: "task-processor",
    stream: "taskExecution",
    filterSubject: "tasks.started.>",
    ackWaitMs: 30_000,
    maxDeliver: 3,
    maxAckPending: 100,
    maxBatch: 0,
  },
  messageBatchProcessor: {
    name: "message-batch-processor",
    stream: "agentMessages",
    filterSubject: ">",
    ackWaitMs: 60_000,
    maxDeliver: 5,
    maxAckPending: 1_000,
    maxBatch: 100,
  },
} as const satisfies Readonly<Record<string, ConsumerDefaults>>;
