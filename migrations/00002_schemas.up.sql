CREATE SCHEMA agents;
CREATE SCHEMA tasks;
CREATE SCHEMA messages;
CREATE SCHEMA sessions;
CREATE SCHEMA knowledge;
CREATE SCHEMA partitions;
CREATE SCHEMA monitoring;
CREATE SCHEMA audit;
CREATE SCHEMA recovery;
CREATE SCHEMA sync;

COMMENT ON SCHEMA agents IS 'Agents: who they are, their state, their checkpoints and what happened to them';
COMMENT ON SCHEMA tasks IS 'Tasks: the queue, what depends on what, and every attempt to execute one';
COMMENT ON SCHEMA messages IS 'Messages between agents: channels, subscriptions and the log';
COMMENT ON SCHEMA sessions IS 'Sessions of people, programs and agents';
COMMENT ON SCHEMA knowledge IS 'What agents found out: facts and their embeddings';
COMMENT ON SCHEMA partitions IS 'Upkeep of partitioned tables and of optional indexes';
COMMENT ON SCHEMA monitoring IS 'Health, alerts, query plans and index advice';
COMMENT ON SCHEMA audit IS 'Who changed what, and the masking of sensitive values';
COMMENT ON SCHEMA recovery IS 'Backups, restores and their rehearsals';
COMMENT ON SCHEMA sync IS 'The bridge between PostgreSQL and JetStream';

GRANT USAGE ON SCHEMA agents, tasks, messages, knowledge, partitions
  TO app_primary, app_replica, app_background, app_analytics, app_readonly;
-- Sessions hold addresses, permissions and token hashes: nothing for reports and onlookers.
GRANT USAGE ON SCHEMA sessions TO app_primary, app_replica, app_background;
