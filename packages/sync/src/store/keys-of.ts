import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import { readStateSubject } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { isLive } from "./bucket-message.ts";
import type { Call } from "./call.ts";
import { walkBucket } from "./walk-bucket.ts";

const keyShape = z.object({ state_key: z.string() });

/**
 * The names of an agent's keys that have a value. First the bucket, then the rows: a key that is flushed and evicted in
 * between is among the rows.
 */
export async function keysOf(
  { link, database }: { readonly link: NatsLink; readonly database: Database | undefined },
  agentId: string,
  { deadline, signal }: Call,
): Promise<readonly string[]> {
  if (!z.guid().safeParse(agentId).success)
    throw new SyncError("INVALID_INPUT", `${JSON.stringify(agentId)} is no agent's id`);
  const keys = new Set<string>();
  const gone = new Set<string>();
  const ends = AbortSignal.timeout(Math.max(1, Math.ceil(deadline - performance.now())));
  const walk = {
    agentId: agentId.toLowerCase(),
    headersOnly: true,
    batch: 1_000,
    signal: signal === undefined ? ends : AbortSignal.any([signal, ends]),
  };
  try {
    for await (const messages of walkBucket(link, walk)) {
      for (const message of messages) {
        const key = readStateSubject(message.subject);
        if (typeof key === "string") continue;
        const [has, hasNot] = isLive(message) ? [keys, gone] : [gone, keys];
        has.add(key.stateKey);
        hasNot.delete(key.stateKey);
      }
    }
  } catch (error) {
    if (!ends.aborted || signal?.aborted === true) throw error;
    throw new SyncError("TIMEOUT", `the keys of agent ${agentId} were not read in time`, { cause: error });
  }
  for (const stateKey of database === undefined ? [] : await rowKeys(database, agentId, deadline, signal))
    if (!gone.has(stateKey)) keys.add(stateKey);
  return [...keys].sort();
}

async function rowKeys(
  database: Database,
  agentId: string,
  deadline: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const timeoutMs = Math.max(1, deadline - performance.now());
  return await database.write.anyFirst(
    sql.type(keyShape)`
      SELECT s.state_key FROM agents.state AS s
      WHERE s.agent_id = ${agentId} AND (s.expires_at IS NULL OR s.expires_at > now())
    `,
    signal === undefined ? { timeoutMs } : { timeoutMs, signal },
  );
}
