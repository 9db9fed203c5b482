import { randomUUID } from "node:crypto";
import { type Queryable, sql } from "@mister-smith/client";
import { monitoringHeartbeatsRow } from "@mister-smith/schema";
import { z } from "zod";
import type { Channel } from "../channels/channel.ts";
import type { Notification } from "./notification.ts";
import { within } from "./within.ts";

const noRow = sql.type(z.object({}));
const heartbeatRow = sql.type(monitoringHeartbeatsRow.extend({ age_ms: z.number() }));
const name = "monitor";
/** A sign of life is late when so many were left out; and never in less than this, in milliseconds. */
const mayMiss = 4;
const shortestMs = 30_000;
/** How long telling it may take, in milliseconds. */
const mostMs = 60_000;

/** When somebody last held the server against its thresholds. */
export interface Heartbeat {
  readonly holder: string;
  readonly beatAt: Date;
  /** How long ago that was by the server's clock, in milliseconds. */
  readonly ageMs: number;
  /** How often it is to be done, in milliseconds. */
  readonly everyMs: number;
  /** When the sign of life last reached its channel; null for never. */
  readonly toldAt: Date | null;
  /** Whether nobody looks any more: alerts are not told then. */
  readonly isLate: boolean;
}

/** Notes in the database that the server was looked at, for whoever asks whether somebody does. */
export async function beat(
  on: Queryable,
  { holder, everyMs }: { readonly holder: string; readonly everyMs: number },
): Promise<void> {
  await on.query(
    noRow`
      INSERT INTO monitoring.heartbeats AS h (name, holder, beat_at, beat_every)
      VALUES (${name}, ${holder}, pg_catalog.clock_timestamp(), ${everyMs}::FLOAT8 * INTERVAL '1 millisecond')
      ON CONFLICT (name) DO UPDATE SET
        holder = EXCLUDED.holder, beat_at = EXCLUDED.beat_at, beat_every = EXCLUDED.beat_every`,
    { idempotent: true },
  );
}

/** The last sign of life; null where there never was one. */
export async function readHeartbeat(on: Queryable, timeoutMs?: number): Promise<Heartbeat | null> {
  const row = await on.maybeOne(
    heartbeatRow`
      SELECT h.*, (EXTRACT(epoch FROM pg_catalog.clock_timestamp() - h.beat_at) * 1000)::FLOAT8 AS age_ms
      FROM monitoring.heartbeats AS h
      WHERE h.name = ${name}`,
    timeoutMs === undefined ? {} : { timeoutMs },
  );
  if (row === null) return null;
  const { holder, beat_at: beatAt, beat_every: everyMs, told_at: toldAt, age_ms: ageMs } = row;
  return { holder, beatAt, ageMs, everyMs, toldAt, isLate: isLate(ageMs, everyMs) };
}

/** Whether a sign of life of this age is late, by how often there is to be one; both in milliseconds. */
export function isLate(ageMs: number, everyMs: number): boolean {
  return ageMs > Math.max(shortestMs, everyMs * mayMiss);
}

/** What a channel is told again and again: who hears it no more knows that he would not hear of alerts either. */
export function heartbeatNotification(instance: string, since: Date, now: Date): Notification {
  return {
    key: `smith-heartbeat-${randomUUID()}`,
    kind: "heartbeat",
    name: "Watchdog",
    scope: "",
    scopeName: "",
    state: "firing",
    severity: null,
    value: null,
    reason: null,
    beganAt: since,
    changedAt: now,
    instance,
  };
}

/**
 * Tells a channel that alerts are watched, and notes it when that has arrived.
 *
 * @throws ChannelError or Error when it has not arrived; it is not told again: the next one is
 */
export async function tellHeartbeat(
  on: Queryable,
  channel: Channel,
  notification: Notification,
  signal: AbortSignal,
): Promise<void> {
  await within(channel.tell(notification), mostMs, signal);
  await on.query(
    noRow`UPDATE monitoring.heartbeats AS h SET told_at = pg_catalog.clock_timestamp() WHERE h.name = ${name}`,
    { idempotent: true },
  );
}

/** What shows whether a channel is reached. */
export function testNotification(instance: string, now: Date): Notification {
  return {
    ...heartbeatNotification(instance, now, now),
    kind: "test",
    name: "SmithTest",
    key: `smith-test-${randomUUID()}`,
  };
}
