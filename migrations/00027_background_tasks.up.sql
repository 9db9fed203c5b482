-- The upkeep of tasks is done by whoever has the role tasks of smithd, or by a worker's background pool: it enqueues what
-- schedules say is due, ends attempts whose worker was not heard of, and expires what waited too long. So app_background
-- may do that much, as app_primary may; it still claims no task, and completes none.
--
-- These functions run with the rights of whoever calls them, and so need those to the tables, too.

GRANT INSERT ON tasks.queue, tasks.executions TO app_background;
GRANT UPDATE (next_run_at, is_active, last_run_at, last_task_id) ON tasks.schedules TO app_background;
GRANT EXECUTE ON FUNCTION
  tasks.expire_leases(INTEGER), tasks.expire_tasks(INTEGER), tasks.forget_order_keys(INTEGER), tasks.enqueue(JSONB),
  tasks.take_unique_keys(JSONB), tasks.fail(UUID[], BIGINT[], TEXT[], JSONB[], BOOLEAN[], UUID[], BIGINT[]),
  tasks.retry_delay_ms(JSONB, INTEGER), tasks.attempt_of(BIGINT), tasks.settle(UUID[]), tasks.unblock(UUID[]),
  tasks.next_in_line(UUID[]), tasks.stand_in_line(UUID[])
  TO app_background;
