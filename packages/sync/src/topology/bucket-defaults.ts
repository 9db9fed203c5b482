/** What a bucket is, where nothing else is configured. */
export interface BucketDefaults {
  readonly name: string;
  /** The age at which the server drops a value; 0: it never does. */
  readonly ttlMs: number;
  readonly storage: "file" | "memory";
  readonly history: number;
  readonly replicas: number;
  /** Whether it is compressed where the server can. */
  readonly compression: boolean;
}

const minute = 60_000;

/** The buckets of the framework. */
export const bucketDefaults = {
  sessionData: {
    name: "SESSION_DATA",
    ttlMs: 60 * minute,
    storage: "file",
    history: 1,
    replicas: 3,
    compression: false,
  },
  agentState: {
    name: "AGENT_STATE",
    // Its time to live is kept by eviction after the flush: an age limit would drop what was never flushed.
    ttlMs: 0,
    storage: "file",
    history: 5,
    replicas: 3,
    compression: true,
  },
  agentConfig: {
    name: "AGENT_CONFIG",
    ttlMs: 0,
    storage: "file",
    history: 10,
    replicas: 3,
    compression: false,
  },
  queryCache: {
    name: "QUERY_CACHE",
    ttlMs: 5 * minute,
    storage: "memory",
    history: 1,
    replicas: 1,
    compression: false,
  },
} as const satisfies Readonly<Record<string, BucketDefaults>>;
