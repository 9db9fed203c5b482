/** What an event stream is, where nothing else is configured. */
export interface StreamDefaults {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly storage: "file" | "memory";
  readonly retention: "limits" | "interest";
  readonly discard: "old";
  readonly maxAgeMs: number;
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxMessageBytes: number;
  readonly duplicateWindowMs: number;
  readonly replicas: number;
}

const minute = 60_000;
const kib = 1_024;
const mib = 1_024 * kib;
const gib = 1_024 * mib;

/** The event streams of the framework. */
export const streamDefaults = {
  agentState: {
    name: "AGENT_STATE",
    subjects: ["agents.state.>", "agents.lifecycle.>", "agents.heartbeat.>"],
    storage: "file",
    retention: "limits",
    discard: "old",
    maxAgeMs: 30 * minute,
    maxMessages: 1_000_000,
    maxBytes: gib,
    maxMessageBytes: mib,
    duplicateWindowMs: 5 * minute,
    replicas: 3,
  },
  taskExecution: {
    name: "TASK_EXECUTION",
    subjects: [
      "tasks.created.>",
      "tasks.started.>",
      "tasks.completed.>",
      "tasks.failed.>",
      "tasks.cancelled.>",
    ],
    storage: "file",
    retention: "interest",
    discard: "old",
    maxAgeMs: 24 * 60 * minute,
    maxMessages: 10_000_000,
    maxBytes: 10 * gib,
    maxMessageBytes: 5 * mib,
    duplicateWindowMs: 5 * minute,
    replicas: 3,
  },
  agentMessages: {
    name: "AGENT_MESSAGES",
    subjects: ["messages.direct.>", "messages.broadcast.>", "messages.notification.>"],
    storage: "memory",
    retention: "limits",
    discard: "old",
    maxAgeMs: 5 * minute,
    maxMessages: 100_000,
    maxBytes: 100 * mib,
    maxMessageBytes: 256 * kib,
    duplicateWindowMs: 5 * minute,
    replicas: 1,
  },
} as const satisfies Readonly<Record<string, StreamDefaults>>;
