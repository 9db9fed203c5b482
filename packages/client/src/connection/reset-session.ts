import type { Session } from "./session.ts";
import { settingsText } from "./settle-session.ts";

/**
 * Takes away what a session was set to. What `DISCARD ALL` does, in one round trip, but for the statements that we
 * had the server keep: they hold nothing of their user, and making them anew costs more than all the rest.
 */
const resetText = `
  CLOSE ALL;
  RESET SESSION AUTHORIZATION;
  RESET ROLE;
  RESET ALL;
  ${settingsText}
  UNLISTEN *;
  SELECT pg_catalog.pg_advisory_unlock_all();
  DISCARD TEMP;
  DISCARD SEQUENCES;
  SELECT pg_catalog.setseed(
    ('x' || pg_catalog.left(pg_catalog.md5(pg_catalog.gen_random_uuid()::TEXT), 8))::BIT(32)::INT / 2147483648.0
  );
  SELECT
    pg_catalog.count(*) FILTER (WHERE from_sql)::TEXT AS users,
    pg_catalog.count(*) FILTER (WHERE NOT from_sql)::TEXT AS ours
  FROM pg_catalog.pg_prepared_statements;
`;

/** Makes a session as good as new; throws when that fails. */
export async function resetSession(session: Session): Promise<void> {
  const { failure, rows } = await session.script(resetText);
  if (failure !== undefined) throw failure;
  session.dirty = false;
  const kept = rows.at(-1);
  // It is rare that a user had the server PREPARE or DEALLOCATE something: then everything goes.
  if (kept?.["users"] === "0" && kept["ours"] === String(session.shapes.size)) return;
  session.forgetNames();
  const forgotten = await session.script("DEALLOCATE ALL");
  if (forgotten.failure !== undefined) throw forgotten.failure;
}
