import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { type Receipt, receipt } from "./received-message.ts";

/** What becomes of deliveries. */
export interface Settlement {
  /** The assignments to a row of `messages.deliveries AS d`. */
  readonly set: SqlFragment;
  /** When it counts as done already: a condition on `held`, the row as it is. */
  readonly isDone: SqlFragment;
  /** The assignments to the message, where it has this delivery alone. */
  readonly log?: SqlFragment;
}

const receipts = z.array(receipt).max(10_000);

/**
 * Settles what the receipts show, in one statement.
 *
 * @throws ClientError `LEASE_LOST` naming those that were handed out again, settled otherwise, or never existed; all
 *   others are settled
 */
export async function settleDeliveries(
  on: Executor,
  given: Receipt | readonly Receipt[],
  settlement: Settlement,
  options?: QueryOptions,
): Promise<void> {
  const shown = parseInput(receipts, Array.isArray(given) ? given : [given], "the receipts");
  if (shown.length === 0) return;
  const lost = await on.write.anyFirst(settleStatement(shown, settlement), { ...options, idempotent: true });
  if (lost.length > 0) throw leaseLost(lost);
}

function settleStatement(shown: readonly Receipt[], { set, isDone, log }: Settlement) {
  const ids = sql.array(
    shown.map(({ deliveryId }) => deliveryId),
    "uuid",
  );
  const attempts = sql.array(
    shown.map(({ attempt }) => attempt),
    "int4",
  );
  // Rows are locked in one order, so that two who settle the same ones do not wait for each other in a circle.
  return sql.type(z.object({ deliveryId: z.guid() }))`
    WITH given AS MATERIALIZED (
      SELECT g.delivery_id, g.attempt
      FROM ROWS FROM (pg_catalog.unnest(${ids}), pg_catalog.unnest(${attempts})) AS g (delivery_id, attempt)
    ), held AS MATERIALIZED (
      SELECT d.delivery_id, d.message_id, d.sent_at, d.settled_at, d.outcome
      FROM messages.deliveries AS d
      JOIN given AS g ON d.delivery_id = g.delivery_id AND d.delivery_attempts = g.attempt
      ORDER BY d.delivery_id
      FOR UPDATE OF d
    ), settled AS (
      UPDATE messages.deliveries AS d
      SET ${set}
      FROM held
      WHERE d.delivery_id = held.delivery_id AND held.settled_at IS NULL
      RETURNING d.delivery_id
    )${log === undefined ? sql.fragment`` : logged(log)}
    SELECT g.delivery_id AS "deliveryId"
    FROM given AS g
    WHERE NOT EXISTS (SELECT FROM settled AS s WHERE s.delivery_id = g.delivery_id)
      AND NOT EXISTS (SELECT FROM held WHERE held.delivery_id = g.delivery_id AND ${isDone})
  `;
}

function logged(set: SqlFragment): SqlFragment {
  return sql.fragment`, logged AS (
      UPDATE messages.log AS l
      SET ${set}
      FROM held
      WHERE l.message_id = held.message_id AND l.sent_at = held.sent_at AND held.settled_at IS NULL
        AND (l.to_agent_id IS NOT NULL OR l.channel_type = 'queue')
    )`;
}

function leaseLost(deliveryIds: readonly string[]): ClientError {
  const others = deliveryIds.length > 1 ? ` and ${deliveryIds.length - 1} others` : "";
  return new ClientError(
    "LEASE_LOST",
    `delivery ${deliveryIds[0]}${others} cannot be settled with this receipt`,
    {
      hint: "Its lease ran out and it was handed out again, or it was settled before. Ask for a longer `leaseMs`, or extend it in time with `messages.extendLease`.",
      details: { deliveryIds },
    },
  );
}
