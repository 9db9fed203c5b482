DROP FUNCTION sessions.reap_expired(INTEGER);
DROP VIEW sessions.live;
DROP FUNCTION sessions.hash_token(TEXT);
DROP TABLE sessions.active;
