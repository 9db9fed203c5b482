import { sql } from "@mister-smith/client";

/** A table's own settings of autovacuum as `o`, of the pg_class that is called `c`. */
export const autovacuumOptions = sql.fragment`
    LEFT JOIN LATERAL (
      SELECT
        pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'autovacuum_vacuum_threshold') AS threshold,
        pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'autovacuum_vacuum_scale_factor') AS scale,
        pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'autovacuum_vacuum_max_threshold') AS most,
        pg_catalog.max(x.option_value) FILTER (WHERE x.option_name = 'autovacuum_enabled') AS enabled
      FROM pg_catalog.pg_options_to_table(c.reloptions) AS x
    ) AS o ON TRUE`;

/** Whether autovacuum is switched off for the table: its own word, or the server's. */
export const autovacuumIsOff = sql.fragment`(
  COALESCE(o.enabled, 'true') IN ('false', 'off', 'no', '0') OR pg_catalog.current_setting('autovacuum') = 'off'
)`;

/**
 * With more dead rows than that, autovacuum comes to the table.
 *
 * @param version as `server_version_num`: since PostgreSQL 18 there is a bound
 */
export function autovacuumTrigger(version: number) {
  return version >= 180_000 ? boundedTrigger : trigger;
}

const trigger = sql.fragment`(
  COALESCE(o.threshold, pg_catalog.current_setting('autovacuum_vacuum_threshold'))::DOUBLE PRECISION
  + COALESCE(o.scale, pg_catalog.current_setting('autovacuum_vacuum_scale_factor'))::DOUBLE PRECISION
    * GREATEST(c.reltuples, 0)
)`;
// -1 is for no bound.
const boundedTrigger = sql.fragment`(
  SELECT CASE WHEN m.most < 0 THEN ${trigger} ELSE LEAST(m.most, ${trigger}) END
  FROM (
    SELECT COALESCE(o.most, pg_catalog.current_setting('autovacuum_vacuum_max_threshold'))::DOUBLE PRECISION AS most
  ) AS m
)`;
