import { z } from "zod";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { messageContent } from "./message.ts";
import type { receiveOptions } from "./receive-options.ts";
import { type ReceivedMessage, receivedMessage } from "./received-message.ts";

const claimedRow = receivedMessage.extend({ isExhausted: z.boolean() });

/** Who takes from where, and how. */
export interface Claim extends z.output<typeof receiveOptions> {
  readonly agentId: string;
  /** The condition of a row of `messages.deliveries AS d`. */
  readonly source: SqlFragment;
}

/**
 * Hands out deliveries: the most urgent first, then the oldest. A row that another is about to take is passed over,
 * not waited for. Those that were handed out too often are given up on the way.
 */
export async function claimDeliveries(
  on: Executor,
  claim: Claim,
  options?: QueryOptions,
): Promise<readonly ReceivedMessage[]> {
  for (;;) {
    const rows = await on.write.any(claimStatement(claim), options);
    const messages = rows.filter(({ isExhausted }) => !isExhausted);
    // Nothing but dead ones: behind them there may be others.
    if (messages.length > 0 || rows.length === 0)
      return messages.map(({ isExhausted, ...message }) => message);
  }
}

/** The statement, for those who look at its plan. */
export function claimStatement({ agentId, source, limit, leaseMs, maxAttempts, minPriority }: Claim) {
  return sql.type(claimedRow)`
    WITH due AS MATERIALIZED (
      SELECT
        d.delivery_id, d.message_id, d.sent_at, d.priority, d.expires_at, d.delivery_attempts + 1 AS attempt,
        d.delivery_attempts >= ${maxAttempts} AS is_exhausted
      FROM messages.deliveries AS d
      WHERE ${source}
        AND d.settled_at IS NULL
        AND d.priority >= ${minPriority}
        AND d.available_at <= pg_catalog.statement_timestamp()
        AND (d.expires_at IS NULL OR d.expires_at > pg_catalog.statement_timestamp())
      ORDER BY d.priority DESC, d.sent_at, d.message_id
      LIMIT ${limit}
      FOR UPDATE SKIP LOCKED
    ), given_up AS (
      UPDATE messages.deliveries AS d
      SET settled_at = pg_catalog.statement_timestamp(), outcome = 'dead',
        reason = COALESCE(d.reason, pg_catalog.format('not acknowledged in %s deliveries', d.delivery_attempts))
      FROM due
      WHERE d.delivery_id = due.delivery_id AND due.is_exhausted
    ), claimed AS (
      UPDATE messages.deliveries AS d
      SET delivery_attempts = due.attempt, claimed_by = ${agentId}::UUID,
        delivered_at = pg_catalog.statement_timestamp(),
        available_at = pg_catalog.statement_timestamp() + ${leaseMs}::DOUBLE PRECISION * INTERVAL '1 millisecond'
      FROM due
      WHERE d.delivery_id = due.delivery_id AND NOT due.is_exhausted
    ), logged AS (
      UPDATE messages.log AS l
      SET delivered_at = COALESCE(l.delivered_at, pg_catalog.statement_timestamp()), delivery_attempts = due.attempt
      FROM due
      WHERE l.message_id = due.message_id AND l.sent_at = due.sent_at AND NOT due.is_exhausted
        -- What goes to several agents has no single delivery, and they would queue for its row.
        AND (l.to_agent_id IS NOT NULL OR l.channel_type = 'queue')
    )
    SELECT
      ${messageContent.columns("l")}, due.delivery_id AS "deliveryId", due.attempt, due.expires_at AS "expiresAt",
      pg_catalog.statement_timestamp() + ${leaseMs}::DOUBLE PRECISION * INTERVAL '1 millisecond' AS "leaseUntil",
      due.is_exhausted AS "isExhausted"
    FROM due
    JOIN messages.log AS l ON l.message_id = due.message_id AND l.sent_at = due.sent_at
    ORDER BY due.priority DESC, due.sent_at, due.message_id
  `;
}
