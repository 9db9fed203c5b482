import { type Queryable, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import type { OutboxEvent } from "../events/outbox-event.ts";

const nothing = z.object({});

/** Takes published events from those that are pending. Safe again. */
export async function removePending(
  on: Queryable,
  eventIds: readonly number[],
  options?: QueryOptions,
): Promise<void> {
  await on.query(
    sql.type(
      nothing,
    )`DELETE FROM sync.outbox_pending WHERE event_id = ANY (${sql.array([...eventIds], "int8")})`,
    { ...options, idempotent: true },
  );
}

/** Why an event cannot be published. */
export interface ParkReason {
  readonly code: string;
  readonly text: string;
  readonly attempts: number;
}

/**
 * Sets an event aside, with what it is and why, in one statement. It stays pending: its partition is not dropped, and its
 * aggregate's later events wait for it.
 */
export async function parkEvent(
  on: Queryable,
  event: OutboxEvent,
  reason: ParkReason,
  options?: QueryOptions,
): Promise<void> {
  await on.query(
    sql.type(nothing)`
      WITH parked AS (
        UPDATE sync.outbox_pending AS p SET parked_at = clock_timestamp(), attempts = ${reason.attempts}
        WHERE p.event_id = ${event.eventId} AND p.parked_at IS NULL
        RETURNING p.event_id
      )
      INSERT INTO sync.dead_letters (
        pipe, reason_code, reason, subject, message_key, payload, headers, event_id, aggregate, attempts
      )
      SELECT
        'relay', ${reason.code}, ${reason.text}, ${event.subject}, ${event.uuid}, convert_to(${event.payload}, 'UTF8'),
        jsonb_build_object('Nats-Msg-Id', ${event.uuid}::TEXT), p.event_id, ${event.aggregate}, ${reason.attempts}
      FROM parked AS p
    `,
    { ...options, idempotent: true },
  );
}

const closedRow = z.object({ aggregate: z.string(), eventId: z.coerce.number() });

/** The aggregates that wait for a parked event, with the first of these. */
export async function closedLines(
  on: Queryable,
  options?: QueryOptions,
): Promise<ReadonlyMap<string, number>> {
  const rows = await on.any(
    sql.type(closedRow)`
      SELECT o.aggregate, min(p.event_id)::TEXT AS "eventId"
      FROM sync.outbox_pending AS p
      JOIN sync.outbox AS o ON o.event_id = p.event_id AND o.occurred_at = p.occurred_at
      WHERE p.parked_at IS NOT NULL
      GROUP BY o.aggregate
    `,
    options,
  );
  return new Map(rows.map(({ aggregate, eventId }) => [aggregate, eventId]));
}

const backlogRow = z.object({
  events: z.coerce.number(),
  parked: z.coerce.number(),
  oldestMs: z.coerce.number(),
});

/** How much is not published. */
export interface RelayBacklog {
  /** Events that wait, without the parked ones. */
  readonly events: number;
  /** Events that cannot be published: dead letters of the pipe `relay`. */
  readonly parked: number;
  /** How old the oldest that waits is, in seconds; 0 when none does. */
  readonly seconds: number;
}

/** Asks how much is not published. */
export async function relayBacklog(on: Queryable, options?: QueryOptions): Promise<RelayBacklog> {
  const { events, parked, oldestMs } = await on.one(
    sql.type(backlogRow)`
      SELECT
        count(*) FILTER (WHERE p.parked_at IS NULL)::TEXT AS events,
        count(*) FILTER (WHERE p.parked_at IS NOT NULL)::TEXT AS parked,
        COALESCE(
          EXTRACT(epoch FROM clock_timestamp() - min(p.occurred_at) FILTER (WHERE p.parked_at IS NULL)) * 1000, 0
        )::DOUBLE PRECISION::TEXT AS "oldestMs"
      FROM sync.outbox_pending AS p
    `,
    options,
  );
  return { events, parked, seconds: Math.max(0, oldestMs / 1000) };
}

/** A parked event by its dead letter. */
export interface ParkedEventOptions extends QueryOptions {
  readonly deadLetterId: number;
}

/**
 * Has the relay publish a parked event again, and then those that wait for it.
 *
 * @returns whether there was one that was not retried yet
 */
export function retryParkedEvent(on: Queryable, options: ParkedEventOptions): Promise<boolean> {
  const { deadLetterId, ...call } = options;
  return on.exists(
    sql.type(nothing)`
      WITH letter AS (
        UPDATE sync.dead_letters AS d SET retried_at = clock_timestamp()
        WHERE d.dead_letter_id = ${deadLetterId} AND d.pipe = 'relay' AND d.retried_at IS NULL
        RETURNING d.event_id
      )
      UPDATE sync.outbox_pending AS p SET parked_at = NULL, attempts = 0
      FROM letter AS l WHERE p.event_id = l.event_id
      RETURNING p.event_id::TEXT AS "eventId"
    `,
    call,
  );
}

/**
 * Gives a parked event up: it is never published, and those that wait for it are.
 *
 * @returns whether there was one
 */
export function dropParkedEvent(on: Queryable, options: ParkedEventOptions): Promise<boolean> {
  const { deadLetterId, ...call } = options;
  return on.exists(
    sql.type(nothing)`
      WITH letter AS (
        DELETE FROM sync.dead_letters AS d
        WHERE d.dead_letter_id = ${deadLetterId} AND d.pipe = 'relay'
        RETURNING d.event_id
      )
      DELETE FROM sync.outbox_pending AS p
      USING letter AS l WHERE p.event_id = l.event_id
      RETURNING p.event_id::TEXT AS "eventId"
    `,
    call,
  );
}
