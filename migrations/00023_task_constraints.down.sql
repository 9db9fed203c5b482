ALTER TABLE tasks.dependencies DROP CONSTRAINT valid_on_failure;
ALTER TABLE tasks.dependencies
  ADD CONSTRAINT valid_on_failure CHECK (on_failure::TEXT IN ('cancel', 'ignore', 'wait')) NOT VALID;

ALTER TABLE tasks.queue
  DROP CONSTRAINT valid_unique_key,
  DROP CONSTRAINT valid_order_key,
  DROP CONSTRAINT valid_fencing_token;
ALTER TABLE tasks.queue
  ADD CONSTRAINT valid_fencing_token CHECK (fencing_token >= 0) NOT VALID,
  ADD CONSTRAINT valid_order_key CHECK (order_key IS NULL OR length(order_key) > 0) NOT VALID,
  ADD CONSTRAINT valid_unique_key CHECK (unique_key IS NULL OR length(unique_key) > 0) NOT VALID;
