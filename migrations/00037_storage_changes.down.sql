DROP TABLE monitoring.storage_changes;
