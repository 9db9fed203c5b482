import { randomUUID } from "node:crypto";
import { type Database, type Queryable, type SqlFragment, sql } from "@mister-smith/client";
import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import type { OutboxEvent } from "../events/outbox-event.ts";
import { tell } from "../lifecycle/tell.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { deliverEvent } from "./deliver-event.ts";
import { publishPipeline } from "./publish-pipeline.ts";

/** Which events, and how they are published. */
export interface RelayRangeOptions {
  readonly database: Database;
  readonly link: NatsLink;
  /** Events by when they occurred, by their numbers, both ends included, or one by one. */
  readonly events:
    | { readonly from: Date; readonly to: Date }
    | { readonly fromEvent: number; readonly toEvent: number }
    | { readonly eventIds: readonly number[] };
  /**
   * Publishes under new ids, so that streams which still know the old ones take the events once more. Default: false:
   * the same ids, and what a stream has within its duplicate window stays there once.
   */
  readonly newIds?: boolean | undefined;
  /** Ids (`event_uuid`) that are passed over: what the streams are known to have. */
  readonly except?: ReadonlySet<string> | undefined;
  /** How many events are on their way at once. Default: 256. */
  readonly maxInFlight?: number | undefined;
  /** Told after each page of events. What it throws becomes a warning of the process. */
  readonly onProgress?: ((done: RelayedRange) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface RelayedRange {
  /** Stored by a stream. */
  readonly published: number;
  /** A stream had them already. */
  readonly duplicates: number;
  /** Passed over: they have no subject, or were excepted. */
  readonly skipped: number;
}

const pageSize = 500;

/**
 * Publishes events of the outbox on demand, whether they were published or not, in their order for each aggregate. What is
 * pending stays pending, and buckets and cache are left alone.
 *
 * @throws SyncError of the first event that is refused, or `ABORTED`; what came before it is published, and all may be
 *   published again
 */
export async function relayRange(options: RelayRangeOptions): Promise<RelayedRange> {
  const { database, link, maxInFlight = 256, except, signal } = options;
  const pipeline = publishPipeline(link);
  const done = { published: 0, duplicates: 0, skipped: 0 };
  const delivery = {
    link,
    pipeline,
    projections: [],
    idSuffix: options.newIds === true ? randomUUID().slice(0, 8) : undefined,
    published: ({ duplicate }: { readonly duplicate: boolean }) => {
      done[duplicate ? "duplicates" : "published"] += 1;
    },
  };
  try {
    for (let after = 0; ; ) {
      const page = await pageOf(database.background, options, after);
      const last = page.at(-1);
      if (last === undefined) return done;
      const wanted = page.filter(({ subject, uuid }) => subject !== null && except?.has(uuid) !== true);
      done.skipped += page.length - wanted.length;
      await inOrder(wanted, maxInFlight, (event) => {
        if (signal?.aborted)
          throw new SyncError("ABORTED", "publishing a range was aborted", { cause: signal.reason });
        return deliverEvent(delivery, event);
      });
      tell(options.onProgress, { ...done });
      after = last.eventId;
    }
  } finally {
    pipeline.close();
  }
}

/** Runs one for each event, so many at once, and those of one aggregate one after the other. */
async function inOrder(
  events: readonly OutboxEvent[],
  most: number,
  run: (event: OutboxEvent) => Promise<void>,
): Promise<void> {
  const chains = new Map<string, OutboxEvent[]>();
  for (const event of events) {
    const chain = chains.get(event.aggregate);
    if (chain === undefined) chains.set(event.aggregate, [event]);
    else chain.push(event);
  }
  const waiting = chains.values();
  let failed = false;
  const workers = Array.from({ length: Math.min(most, chains.size) }, async () => {
    for (const chain of waiting) {
      for (const event of chain) {
        if (failed) return;
        await run(event).catch((error: unknown) => {
          failed = true;
          throw error;
        });
      }
    }
  });
  const ended = await Promise.allSettled(workers);
  for (const worker of ended) if (worker.status === "rejected") throw worker.reason;
}

async function pageOf(
  on: Queryable,
  options: RelayRangeOptions,
  after: number,
): Promise<readonly OutboxEvent[]> {
  const rows = await on.any(
    sql.type(z.any())`
      SELECT
        o.event_id::TEXT AS "eventId", o.event_uuid::TEXT AS "uuid",
        to_char(o.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "occurredAt",
        o.kind, o.operation, o.aggregate, o.subject, o.origin, o.tenant, o.payload::TEXT AS payload
      FROM sync.outbox AS o
      WHERE o.event_id > ${after} AND ${conditionOf(options.events)}
      ORDER BY o.event_id LIMIT ${pageSize}
    `,
    options.signal === undefined ? {} : { signal: options.signal },
  );
  return rows.map((row) => ({ ...row, eventId: Number(row.eventId) }));
}

function conditionOf(events: RelayRangeOptions["events"]): SqlFragment {
  if ("eventIds" in events)
    return sql.fragment`o.event_id = ANY (${sql.array([...events.eventIds], "int8")})`;
  if ("from" in events) {
    return sql.fragment`o.occurred_at BETWEEN ${sql.timestamp(events.from)} AND ${sql.timestamp(events.to)}`;
  }
  return sql.fragment`o.event_id BETWEEN ${events.fromEvent} AND ${events.toEvent}`;
}
