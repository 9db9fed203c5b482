DROP FUNCTION messages.purge_deliveries(INTEGER);
DROP FUNCTION messages.reap_expired(INTEGER);
DROP FUNCTION messages.subject_matches(TEXT, TEXT);
DROP TABLE messages.deliveries;
