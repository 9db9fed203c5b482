import { ClientError, type Queryable, sql } from "@mister-smith/client";
import { type MonitoringAlertSilencesRow, monitoringAlertSilencesRow } from "@mister-smith/schema";
import { z } from "zod";
import { thresholdOf } from "../alerts/thresholds.ts";
import type { Scope } from "../scopes/scope.ts";

const silenceRow = sql.type(monitoringAlertSilencesRow);
const longestMs = 366 * 86_400_000;

const silenceInput = z.strictObject({
  /** The metric; left out: all. */
  metric: z.string().optional(),
  /** One database or role of the metric alone; left out: all there is of it. */
  of: z
    .strictObject({ scope: z.enum(["database", "role"]), scopeName: z.string().min(1).max(63) })
    .optional(),
  /** Why, in at most 1,000 characters. */
  reason: z.string().min(1).max(1_000),
  /** Who wants it. */
  createdBy: z.string().min(1).max(200),
  /** From when on. Default: now, by the server's clock. */
  from: z.date().optional(),
  /** For how long, in milliseconds; a year at most. */
  forMs: z.int().min(1_000).max(longestMs),
});

/** What is to be silenced. */
export interface NewSilence {
  readonly metric?: string | undefined;
  readonly of?: { readonly scope: Scope; readonly scopeName: string } | undefined;
  readonly reason: string;
  readonly createdBy: string;
  readonly from?: Date | undefined;
  readonly forMs: number;
}

/**
 * Silences alerts for a while: how they stand is kept, and told when the silence has ended, where it is not what was told last.
 *
 * @throws ClientError `NOT_FOUND` for a metric that has no threshold; `INVALID_INPUT` for what cannot be
 */
export async function addSilence(on: Queryable, silence: NewSilence): Promise<MonitoringAlertSilencesRow> {
  const parsed = silenceInput.safeParse(silence);
  if (!parsed.success)
    throw new ClientError(
      "INVALID_INPUT",
      `the silence: ${parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`,
      {
        hint: "Give a reason, and a time of a second to a year; for longer switch the threshold off.",
      },
    );
  const { metric, of, reason, createdBy, from, forMs } = parsed.data;
  if (metric !== undefined) await thresholdOf(on, metric);
  return await on.one(silenceRow`
    INSERT INTO monitoring.alert_silences AS s (
      metric_name, scope, scope_name, reason, created_by, starts_at, ends_at
    )
    SELECT
      ${metric ?? null}, ${of?.scope ?? null}, ${of?.scopeName ?? null}, ${reason}, ${createdBy},
      f.at, f.at + ${forMs}::FLOAT8 * INTERVAL '1 millisecond'
    FROM (
      SELECT COALESCE(${from?.toISOString() ?? null}::TIMESTAMPTZ, pg_catalog.clock_timestamp()) AS at
    ) AS f
    RETURNING s.*`);
}

/** The silences that hold or are to come, and with `ended` those that ended, the latest end first; 1,000 at most. */
export async function listSilences(
  on: Queryable,
  { ended = false }: { readonly ended?: boolean } = {},
): Promise<readonly MonitoringAlertSilencesRow[]> {
  return await on.any(silenceRow`
    SELECT s.* FROM monitoring.alert_silences AS s
    WHERE ${ended}::BOOLEAN OR s.ends_at > pg_catalog.clock_timestamp()
    ORDER BY s.ends_at DESC, s.silence_id
    LIMIT 1000`);
}

/**
 * Ends a silence now; one that is to come never begins, and one that ended stays as it was.
 *
 * @throws ClientError `NOT_FOUND` where there is none
 */
export async function endSilence(on: Queryable, silenceId: string): Promise<MonitoringAlertSilencesRow> {
  const ended = await on.maybeOne(silenceRow`
    UPDATE monitoring.alert_silences AS s SET
      starts_at = LEAST(s.starts_at, pg_catalog.clock_timestamp()),
      ends_at = LEAST(s.ends_at, pg_catalog.clock_timestamp())
    WHERE s.silence_id = ${silenceId}::UUID
    RETURNING s.*`);
  if (ended !== null) return ended;
  throw new ClientError("NOT_FOUND", `there is no silence ${silenceId}`, {
    hint: "`listSilences` lists those that there are.",
    details: { silenceId },
  });
}
