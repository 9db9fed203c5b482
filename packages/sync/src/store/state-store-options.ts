import type { Database } from "@mister-smith/client";
import type { z } from "zod";
import type { NatsLink } from "../nats/nats-link.ts";

/** What a state store stands on. */
export interface StateStoreOptions {
  readonly link: NatsLink;
  /** PostgreSQL, for reading through, and for writes that wait until they are durable. Default: the bucket alone. */
  readonly database?: Database | undefined;
  /** How long a call may take unless it says otherwise, in milliseconds. Default: 5000. */
  readonly timeoutMs?: number | undefined;
  /** How long a durable write may take unless it says otherwise, in milliseconds. Default: 30000. */
  readonly durableTimeoutMs?: number | undefined;
  /** How large a value may be, in bytes of its JSON text. Default: 1 MiB, as the flusher has it. */
  readonly maxValueBytes?: number | undefined;
  /**
   * What values of a key must look like; others are refused when they are put, and reported when they are read. Values are
   * stored as the schema returns them.
   */
  readonly schemas?: Readonly<Record<string, z.ZodType>> | undefined;
  /** How often a merge is tried against others who write the same key. Default: 20. */
  readonly maxMergeAttempts?: number | undefined;
}
