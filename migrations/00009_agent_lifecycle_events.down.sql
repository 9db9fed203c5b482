DELETE FROM partitions.settings WHERE schema_name = 'agents' AND table_name = 'lifecycle_events';
DROP TABLE agents.lifecycle_events;
