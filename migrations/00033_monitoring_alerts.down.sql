DROP TABLE monitoring.alert_changes;
DROP TABLE monitoring.alerts;
