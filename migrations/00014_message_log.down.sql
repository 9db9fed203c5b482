DELETE FROM partitions.settings WHERE schema_name = 'messages' AND table_name = 'log';
DROP TABLE messages.log;
DROP FUNCTION messages.fill_channel_type();
