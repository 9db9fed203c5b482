import { type Queryable, sql } from "@mister-smith/client";
import { monitoringAlertChangesRow } from "@mister-smith/schema";
import { z } from "zod";
import { longestBackoffMs } from "./backoff.ts";

/** How long one who sends has it for himself, in milliseconds; when he has died, it is due again. */
export const claimMs = 180_000;
/** What was tried less often than this is never given up, however old it is by a clock that was put forward. */
const fewestAttempts = 20;

const noRow = sql.type(z.object({}));
const claimed = sql.type(monitoringAlertChangesRow.extend({ attempts: z.int() }));
const givenUp = sql.type(
  z.object({
    changeId: monitoringAlertChangesRow.shape.change_id,
    channel: z.string(),
    attempts: z.int(),
    lastError: z.string().nullable(),
  }),
);

/** A change that is to be told to a channel now, and the how manieth try it is. */
export type ClaimedDelivery = z.output<typeof monitoringAlertChangesRow> & { readonly attempts: number };

/** A delivery that was given up. */
export interface GivenUpDelivery {
  readonly changeId: bigint;
  readonly channel: string;
  readonly attempts: number;
  readonly lastError: string | null;
}

/**
 * Takes the oldest delivery of a channel that is due; null for none. Of one alert nothing is told before what became of it earlier has
 * arrived or was given up, so that none seems to go on that is over.
 */
export async function claimDelivery(on: Queryable, channel: string): Promise<ClaimedDelivery | null> {
  return await on.maybeOne(claimed`
    WITH now AS MATERIALIZED (SELECT pg_catalog.clock_timestamp() AS at),
    due AS (
      SELECT d.change_id, d.channel
      FROM monitoring.alert_deliveries AS d
      JOIN monitoring.alert_changes AS c ON c.change_id = d.change_id
      CROSS JOIN now
      WHERE d.channel = ${channel} AND d.outcome = 'waiting'
        -- None is put off for longer than that: the clock was put back.
        AND (d.next_attempt_at <= now.at
          OR d.next_attempt_at > now.at + ${longestBackoffMs + claimMs}::FLOAT8 * INTERVAL '1 millisecond')
        AND NOT EXISTS (
          SELECT FROM monitoring.alert_deliveries AS e
          JOIN monitoring.alert_changes AS f ON f.change_id = e.change_id
          WHERE e.channel = d.channel AND e.outcome = 'waiting' AND e.change_id < d.change_id
            AND f.metric_name = c.metric_name AND f.scope = c.scope AND f.scope_name = c.scope_name
        )
      ORDER BY d.change_id
      LIMIT 1
      FOR UPDATE OF d SKIP LOCKED
    ),
    taken AS (
      UPDATE monitoring.alert_deliveries AS d SET
        attempts = d.attempts + 1,
        next_attempt_at = now.at + ${claimMs}::FLOAT8 * INTERVAL '1 millisecond'
      FROM due CROSS JOIN now
      WHERE d.change_id = due.change_id AND d.channel = due.channel
      RETURNING d.change_id, d.attempts
    )
    SELECT c.*, t.attempts FROM taken AS t JOIN monitoring.alert_changes AS c ON c.change_id = t.change_id`);
}

/** Notes that a delivery has arrived. */
export async function noteDelivered(on: Queryable, changeId: bigint, channel: string): Promise<void> {
  await on.query(
    noRow`
      UPDATE monitoring.alert_deliveries AS d SET
        outcome = 'delivered', settled_at = pg_catalog.clock_timestamp(), last_error = NULL
      WHERE d.change_id = ${String(changeId)}::BIGINT AND d.channel = ${channel} AND d.outcome = 'waiting'`,
    { idempotent: true },
  );
  await noteTold(on, [changeId]);
}

/** Notes that a delivery has not arrived, and when it is tried again. */
export async function noteFailed(
  on: Queryable,
  { changeId, channel, why, againInMs }: Failure,
): Promise<void> {
  await on.query(
    noRow`
      UPDATE monitoring.alert_deliveries AS d SET
        last_error = ${why.slice(0, 1_000)},
        next_attempt_at = pg_catalog.clock_timestamp() + ${againInMs}::FLOAT8 * INTERVAL '1 millisecond'
      WHERE d.change_id = ${String(changeId)}::BIGINT AND d.channel = ${channel} AND d.outcome = 'waiting'`,
    { idempotent: true },
  );
}

interface Failure {
  readonly changeId: bigint;
  readonly channel: string;
  readonly why: string;
  readonly againInMs: number;
}

/** Gives up what has waited for longer than given, in milliseconds, and was tried often, or whose channel is no more. */
export async function giveUpOld(
  on: Queryable,
  channels: readonly string[],
  giveUpAfterMs: number,
): Promise<readonly GivenUpDelivery[]> {
  const given = await on.any(givenUp`
    UPDATE monitoring.alert_deliveries AS d SET outcome = 'given up', settled_at = pg_catalog.clock_timestamp()
    WHERE d.outcome = 'waiting'
      AND d.created_at < pg_catalog.clock_timestamp() - ${giveUpAfterMs}::FLOAT8 * INTERVAL '1 millisecond'
      AND (d.attempts >= ${fewestAttempts} OR d.channel <> ALL (${sql.array([...channels], "text")}))
    RETURNING d.change_id AS "changeId", d.channel, d.attempts, d.last_error AS "lastError"`);
  if (given.length > 0) await noteTold(on, [...new Set(given.map(({ changeId }) => changeId))]);
  return given;
}

/** Notes that changes are told, of which nothing waits. */
async function noteTold(on: Queryable, changeIds: readonly bigint[]): Promise<void> {
  await on.query(
    noRow`
      UPDATE monitoring.alert_changes AS c SET told_at = pg_catalog.clock_timestamp()
      WHERE c.change_id = ANY (${sql.array(changeIds.map(String), "int8")}) AND c.told_at IS NULL
        AND NOT EXISTS (
          SELECT FROM monitoring.alert_deliveries AS d WHERE d.change_id = c.change_id AND d.outcome = 'waiting'
        )`,
    { idempotent: true },
  );
}
