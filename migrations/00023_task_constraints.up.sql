-- The rows that were there before 00020, while others read and write.
ALTER TABLE tasks.queue
  VALIDATE CONSTRAINT valid_fencing_token,
  VALIDATE CONSTRAINT valid_order_key,
  VALIDATE CONSTRAINT valid_unique_key;
ALTER TABLE tasks.dependencies VALIDATE CONSTRAINT valid_on_failure;
