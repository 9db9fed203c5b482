import { sql } from "@mister-smith/client";

/** Whether an alert, of the alias `a`, is silenced now. */
export const isSilenced = sql.fragment`
  EXISTS (
    SELECT FROM monitoring.alert_silences AS s
    WHERE s.starts_at <= pg_catalog.clock_timestamp() AND s.ends_at > pg_catalog.clock_timestamp()
      AND (s.metric_name IS NULL OR s.metric_name = a.metric_name)
      AND (s.scope IS NULL OR (s.scope = a.scope AND s.scope_name = a.scope_name))
  )`;
