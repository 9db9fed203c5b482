REVOKE INSERT ON tasks.queue, tasks.executions FROM app_background;
REVOKE UPDATE (next_run_at, is_active, last_run_at, last_task_id) ON tasks.schedules FROM app_background;
REVOKE EXECUTE ON FUNCTION
  tasks.expire_leases(INTEGER), tasks.expire_tasks(INTEGER), tasks.forget_order_keys(INTEGER), tasks.enqueue(JSONB),
  tasks.take_unique_keys(JSONB), tasks.fail(UUID[], BIGINT[], TEXT[], JSONB[], BOOLEAN[], UUID[], BIGINT[]),
  tasks.retry_delay_ms(JSONB, INTEGER), tasks.attempt_of(BIGINT), tasks.settle(UUID[]), tasks.unblock(UUID[]),
  tasks.next_in_line(UUID[]), tasks.stand_in_line(UUID[])
  FROM app_background;
