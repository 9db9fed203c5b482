-- How a statement is planned is kept once, however often it comes back to that: a row for each way, which tells since when it is
-- the way of its statement, and until when it was seen to be.

-- smith:accept constraint-not-valid the table is small: a row for each plan of a slow statement
ALTER TABLE monitoring.query_plans
  ADD COLUMN plan_shape VARCHAR(64),
  ADD COLUMN plan_source VARCHAR(20) NOT NULL DEFAULT 'generic',
  ADD COLUMN planned_text TEXT,
  ADD COLUMN chosen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ADD COLUMN seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  ADD CONSTRAINT valid_plan_source CHECK (plan_source::TEXT IN ('generic', 'executed'));

-- smith:accept index-not-concurrent the table is small: a row for each plan of a slow statement
CREATE INDEX idx_query_plans_seen ON monitoring.query_plans (seen_at);

COMMENT ON COLUMN monitoring.query_plans.plan_shape IS
  'A name for how the plan goes about it: the same for the same nodes on the same tables and indexes, whatever their costs; NULL where nobody said';
COMMENT ON COLUMN monitoring.query_plans.plan_source IS
  'generic: as PostgreSQL would do it for any parameters; executed: as it was done once, from the log of auto_explain';
COMMENT ON COLUMN monitoring.query_plans.planned_text IS 'What was planned where that is not the text as it is kept; else NULL';
COMMENT ON COLUMN monitoring.query_plans.chosen_at IS
  'When the plan became that of its statement, for the last time where it did so again; the latest is the plan it has now';
COMMENT ON COLUMN monitoring.query_plans.seen_at IS 'When the plan was last seen to be the same';
COMMENT ON TABLE monitoring.query_plans IS
  'Plans of slow statements, a row for each way in which one was planned; none of them was run to get it';

GRANT UPDATE (execution_stats, mean_exec_time_ms, calls, total_exec_time_ms, chosen_at, seen_at) ON monitoring.query_plans
  TO app_background, pg_monitor;
