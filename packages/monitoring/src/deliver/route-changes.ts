import { type Database, type Queryable, sql } from "@mister-smith/client";
import { monitoringAlertChangesRow } from "@mister-smith/schema";
import { z } from "zod";
import { channelsToTell, type TellableChannel } from "./channels-to-tell.ts";

const noRow = sql.type(z.object({}));
const unrouted = sql.type(
  z.object({
    changeId: monitoringAlertChangesRow.shape.change_id,
    metric: z.string(),
    channels: z.array(z.string()),
  }),
);
const mostAtOnce = 100;

/** What was decided of a change. */
export interface RoutedChange {
  readonly changeId: bigint;
  readonly metric: string;
  readonly told: readonly string[];
  /** Names that the threshold gives, and that are no channels. */
  readonly unknown: readonly string[];
}

/** Decides who is told of what became of alerts, the oldest first, a hundred at most. Of two who do it at once each has others. */
export async function routeChanges(
  database: Pick<Database, "transaction">,
  channels: readonly TellableChannel[],
): Promise<readonly RoutedChange[]> {
  return await database.transaction(
    async (tx) => {
      const changes = await tx.any(unrouted`
        SELECT
          c.change_id AS "changeId", c.metric_name AS metric,
          COALESCE(
            (
              SELECT t.notification_channels FROM monitoring.alert_thresholds AS t WHERE t.metric_name = c.metric_name
            ),
            '{}'
          ) AS channels
        FROM monitoring.alert_changes AS c
        WHERE c.told_at IS NULL AND c.routed_at IS NULL
        ORDER BY c.change_id
        LIMIT ${mostAtOnce}
        FOR UPDATE OF c SKIP LOCKED`);
      const routed = changes.map(({ changeId, metric, channels: named }) => ({
        changeId,
        metric,
        ...channelsToTell(named, channels),
      }));
      if (routed.length > 0) await noteRoutes(tx, routed);
      return routed;
    },
    { isolation: "read committed" },
  );
}

async function noteRoutes(on: Queryable, routed: readonly RoutedChange[]): Promise<void> {
  const rows = routed.flatMap(({ changeId, told }) => told.map((channel) => [String(changeId), channel]));
  await on.query(noRow`
    INSERT INTO monitoring.alert_deliveries (change_id, channel, next_attempt_at, created_at)
    SELECT r.change_id, r.channel, pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp()
    FROM ${sql.unnest(rows, ["int8", "text"])} AS r (change_id, channel)
    ON CONFLICT (change_id, channel) DO NOTHING`);
  await on.query(noRow`
    UPDATE monitoring.alert_changes AS c SET
      routed_at = pg_catalog.clock_timestamp(),
      -- Where nobody is told, there is nothing to wait for.
      told_at = CASE
        WHEN NOT EXISTS (SELECT FROM monitoring.alert_deliveries AS d WHERE d.change_id = c.change_id)
        THEN pg_catalog.clock_timestamp()
      END
    WHERE c.change_id = ANY (${sql.array(
      routed.map(({ changeId }) => String(changeId)),
      "int8",
    )})`);
}
