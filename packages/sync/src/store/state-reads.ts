import type { Database } from "@mister-smith/client";
import type { StateKey } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { AckedWriter } from "./acked-writer.ts";
import { type BucketMessage, readBucket } from "./bucket-message.ts";
import type { Call } from "./call.ts";
import { readThrough } from "./read-through.ts";

/** Reads keys of the bucket. */
export interface StateReads {
  /** What the bucket has of a key, after what only PostgreSQL has was brought into it. */
  current(
    key: StateKey,
    subject: string,
    call: Call,
    fromLeader: boolean,
  ): Promise<BucketMessage | undefined>;
}

/** Reads keys of the bucket, through to the database where there is one. */
export function stateReads(
  link: NatsLink,
  writer: AckedWriter,
  database: Database | undefined,
  nextId: () => string,
): StateReads {
  return {
    async current(key, subject, call, fromLeader) {
      const message = await readBucket(link, subject, { ...call, fromLeader });
      if (message !== undefined || database === undefined) return message;
      const row = await readThrough({ database, link, writer, runId: nextId(), ...call }, key);
      return row === "overtaken" ? await readBucket(link, subject, { ...call, fromLeader: true }) : row;
    },
  };
}
