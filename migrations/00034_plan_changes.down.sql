REVOKE UPDATE (execution_stats, mean_exec_time_ms, calls, total_exec_time_ms, chosen_at, seen_at) ON monitoring.query_plans
  FROM app_background, pg_monitor;

COMMENT ON TABLE monitoring.query_plans IS 'Plans of slow statements, as PostgreSQL would make them for any parameters; none of them was run for it';

DROP INDEX monitoring.idx_query_plans_seen;

ALTER TABLE monitoring.query_plans
  DROP CONSTRAINT valid_plan_source,
  DROP COLUMN seen_at,
  DROP COLUMN chosen_at,
  DROP COLUMN planned_text,
  DROP COLUMN plan_source,
  DROP COLUMN plan_shape;
