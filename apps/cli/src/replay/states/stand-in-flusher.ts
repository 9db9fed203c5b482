import type { Database } from "@mister-smith/client";
import { createFlusher, leadRole, type NatsLink, type Service, type SyncConfig } from "@mister-smith/sync";

/** What the flusher of a replay is made of. */
export interface StandInOptions {
  readonly database: Database;
  readonly link: NatsLink;
  /** Names this process in the lease. */
  readonly holder: string;
  /** After how long without a sign of life another takes the role, in milliseconds. Default: that of the roles. */
  readonly ttlMs: number | undefined;
  readonly flush: SyncConfig["flush"];
}

/** A flusher that works while no smithd has the role, and waits otherwise. */
export interface StandInFlusher extends Service {
  /** How many messages it has brought to PostgreSQL. */
  readonly messages: number;
  /** Why nothing comes to PostgreSQL, as far as it knows. */
  why(): string | undefined;
}

/** A candidate for the role `flush` beside those of smithd: of all of them one flushes. */
export function standInFlusher({ database, link, holder, ttlMs, flush }: StandInOptions): StandInFlusher {
  let messages = 0;
  let failure: unknown;
  const onError = (error: unknown) => {
    failure = error;
  };
  const role = leadRole({
    database,
    role: "flush",
    holder,
    ttlMs,
    onError,
    lead: (lease) =>
      createFlusher({
        database,
        link,
        lease,
        ...flush,
        onBatch: (batch) => {
          messages += batch.messages;
          failure = undefined;
        },
        onError,
      }),
  });
  return {
    name: role.name,
    start: () => role.start(),
    stop: () => role.stop(),
    status: () => role.status(),
    [Symbol.asyncDispose]: () => role.stop(),
    get messages() {
      return messages;
    },
    why: () => (failure instanceof Error ? failure.message : role.status().why),
  };
}
