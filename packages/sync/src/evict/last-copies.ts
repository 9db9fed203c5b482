import { type Database, sql } from "@mister-smith/client";
import { z } from "zod";
import { agentIdsOf, keyText, stateKeysOf, updatedText } from "../hydrate/state-rows.ts";
import { readStateSubject } from "../keys/state-subject.ts";
import { isLive } from "../store/bucket-message.ts";
import type { WalkedMessage } from "../store/walk-bucket.ts";

const ageShape = z.object({ agent_id: z.string(), state_key: z.string(), updated_at: z.string() });

/**
 * The messages but those that may be the last copy of a value: what we wrote from a row that PostgreSQL does not have any more, or
 * has as it was before, because it was restored from an older backup. Only our own are asked for, in one statement.
 */
export async function withoutLastCopies(
  database: Database,
  messages: readonly WalkedMessage[],
  signal: AbortSignal | undefined,
): Promise<readonly WalkedMessage[]> {
  const own = messages.flatMap(({ subject, ...message }) => {
    const key = readStateSubject(subject);
    return message.isFromPostgres && isLive(message) && typeof key !== "string" ? [{ ...message, key }] : [];
  });
  if (own.length === 0) return messages;
  const keys = own.map(({ key }) => key);
  const rows = await database.background.any(
    sql.prepared("sync_evict_ages", ageShape)`
      SELECT s.agent_id::TEXT AS agent_id, s.state_key::TEXT AS state_key, ${updatedText} AS updated_at
      FROM unnest(${agentIdsOf(keys)}, ${stateKeysOf(keys)}) AS k (agent_id, state_key)
      JOIN agents.state AS s ON s.agent_id = k.agent_id AND s.state_key = k.state_key
    `,
    signal === undefined ? {} : { signal },
  );
  const ages = new Map(
    rows.map((row) => [keyText({ agentId: row.agent_id, stateKey: row.state_key }), row.updated_at]),
  );
  const last = own.filter(({ key, fromRow }) => {
    const updatedAt = ages.get(keyText(key));
    return updatedAt === undefined || (fromRow !== undefined && updatedAt < fromRow.updatedAt);
  });
  const copies = new Set(last.map(({ sequence }) => sequence));
  return messages.filter(({ sequence }) => !copies.has(sequence));
}
