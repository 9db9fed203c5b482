import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { isOf, type SessionOwner } from "./session-owner.ts";

/**
 * Leaves an owner no more than `keep` sessions, the longest unused go first. Who begins a session for the same owner
 * waits until this transaction ends, or two at once would each see room.
 */
export async function revokeExcess(
  on: Executor,
  owner: SessionOwner,
  keep: number,
  options?: QueryOptions,
): Promise<void> {
  await on.write.query(
    sql.type(z.object({}))`
      SELECT FROM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(${lockOf(owner)}, 0))
    `,
    options,
  );
  // A statement of its own: one that also waited for the lock would not see what was committed meanwhile.
  await on.write.query(
    sql.type(z.object({}))`
      DELETE FROM sessions.active AS a
      WHERE a.session_token IN (
        SELECT s.session_token FROM sessions.active AS s
        WHERE ${isOf(owner)} AND s.expires_at > pg_catalog.statement_timestamp()
        ORDER BY s.last_activity DESC, s.session_id
        OFFSET ${keep}
      )
    `,
    options,
  );
}

// One agent is the same however its UUID is written.
function lockOf(owner: SessionOwner): string {
  const who = "userId" in owner ? `user ${owner.userId}` : `agent ${owner.agentId.toLowerCase()}`;
  return `mister-smith sessions ${who}`;
}
