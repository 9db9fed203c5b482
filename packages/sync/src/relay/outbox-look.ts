import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import type { OutboxEvent } from "../events/outbox-event.ts";
import type { Look, Search } from "./search.ts";

/** What a look at the outbox has found. */
export interface OutboxLook extends Look {
  readonly events: readonly OutboxEvent[];
}

/** What a look at everything passes over: it is known, and stays where it is. */
export interface PassedOver {
  /** Events that are under way. */
  readonly taken: readonly number[];
  /** Aggregates whose line is closed. */
  readonly aggregates: readonly string[];
  /** The first parts of aggregates, as `task`, whose stream is away. */
  readonly classes: readonly string[];
}

/** The rows are ours by their names: with thousands a second they are not checked one by one. */
const row = z.any();

/** The members of the row, in the names of {@link OutboxEvent}. */
interface Row extends Omit<OutboxEvent, "eventId"> {
  readonly eventId: string | null;
  readonly oldestRunning: string;
  readonly nextTransaction: string;
}

const event = sql.fragment`
  o.event_uuid::TEXT AS "uuid",
  to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "occurredAt",
  o.kind, o.operation, o.aggregate, o.subject, o.origin, o.tenant, o.payload::TEXT AS payload
`;

const snapshot = sql.fragment`
  (
    SELECT pg_snapshot_xmin(c.s)::TEXT AS oldest_running, pg_snapshot_xmax(c.s)::TEXT AS next_transaction
    FROM (SELECT pg_current_snapshot() AS s) AS c
  ) AS now
`;

/**
 * The next unpublished events: in the gaps, and above what was seen. The events themselves are looked up one by one
 * (OFFSET 0 keeps it so): nothing that is published is read, however much of it there is.
 */
export async function lookAhead(
  on: Queryable,
  search: Search,
  limit: number,
  options?: QueryOptions,
): Promise<OutboxLook> {
  const { gaps, high } = search;
  const rows = await on.any(
    sql.type(row)`
      SELECT
        now.oldest_running AS "oldestRunning", now.next_transaction AS "nextTransaction",
        p.event_id::TEXT AS "eventId", e.*
      FROM ${snapshot}
      LEFT JOIN (
        (
          SELECT q.event_id, q.occurred_at
          FROM unnest(${numbers(gaps.map(({ from }) => from))}, ${numbers(gaps.map(({ to }) => to))}) AS g (low, top)
          CROSS JOIN LATERAL (
            SELECT i.event_id, i.occurred_at FROM sync.outbox_pending AS i
            WHERE i.event_id BETWEEN g.low AND g.top AND i.parked_at IS NULL
            ORDER BY i.event_id LIMIT ${limit}
          ) AS q
        )
        UNION ALL
        (
          SELECT i.event_id, i.occurred_at FROM sync.outbox_pending AS i
          WHERE i.event_id > ${high} AND i.parked_at IS NULL
          ORDER BY i.event_id LIMIT ${limit}
        )
        ORDER BY event_id LIMIT ${limit}
      ) AS p ON TRUE
      LEFT JOIN LATERAL (
        SELECT ${event} FROM sync.outbox AS o
        WHERE o.event_id = p.event_id AND o.occurred_at = p.occurred_at OFFSET 0
      ) AS e ON TRUE
      ORDER BY p.event_id
    `,
    options,
  );
  return lookOf(rows, limit);
}

/** The next unpublished events of a look at everything. */
export async function lookAtAll(
  on: Queryable,
  after: number,
  over: PassedOver,
  limit: number,
  options?: QueryOptions,
): Promise<OutboxLook> {
  const rows = await on.any(
    sql.type(row)`
      SELECT
        now.oldest_running AS "oldestRunning", now.next_transaction AS "nextTransaction",
        e.event_id::TEXT AS "eventId", e."uuid", e."occurredAt", e.kind, e.operation, e.aggregate, e.subject,
        e.origin, e.tenant, e.payload
      FROM ${snapshot}
      LEFT JOIN (
        SELECT p.event_id, o.*
        FROM sync.outbox_pending AS p
        CROSS JOIN LATERAL (
          SELECT ${event} FROM sync.outbox AS o
          WHERE o.event_id = p.event_id AND o.occurred_at = p.occurred_at OFFSET 0
        ) AS o
        WHERE p.event_id > ${after} AND p.parked_at IS NULL
          AND p.event_id <> ALL (${numbers(over.taken)})
          AND o.aggregate <> ALL (${sql.array([...over.aggregates], "text")})
          AND split_part(o.aggregate, ':', 1) <> ALL (${sql.array([...over.classes], "text")})
        ORDER BY p.event_id LIMIT ${limit}
      ) AS e ON TRUE
      ORDER BY e.event_id
    `,
    options,
  );
  return lookOf(rows, limit);
}

function numbers(values: readonly number[]) {
  return sql.array([...values], "int8");
}

function lookOf(rows: readonly Row[], limit: number): OutboxLook {
  const [first] = rows;
  const events: OutboxEvent[] = [];
  const ids: number[] = [];
  for (const { eventId, oldestRunning: _, nextTransaction: __, ...rest } of rows) {
    if (eventId === null) continue;
    ids.push(Number(eventId));
    // A pending event without its row was dropped with its partition: nothing is left to publish.
    if (rest.uuid !== null) events.push({ eventId: Number(eventId), ...rest });
  }
  return {
    events,
    ids,
    whole: ids.length < limit,
    oldestRunning: Number(first?.oldestRunning ?? 0),
    nextTransaction: Number(first?.nextTransaction ?? 0),
  };
}
