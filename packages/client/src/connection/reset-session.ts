import type { Session } from "./session.ts";

/**
 * Takes away what a session was set to. What `DISCARD ALL` does, in one round trip, but for the statements that we
 * had the server keep: they hold nothing of their user, and making them anew costs more than all the rest.
 */
const resetText = `
  CLOSE ALL;
  RESET SESSION AUTHORIZATION;
  RESET ROLE;
  RESET ALL;
  UNLISTEN *;
  SELECT pg_catalog.pg_advisory_unlock_all();
  DISCARD TEMP;
  DISCARD SEQUENCES;
  SELECT FROM pg_catalog.pg_prepared_statements WHERE from_sql;
`;

/** Makes a session as good as new; throws when that fails. */
export async function resetSession(session: Session): Promise<void> {
  const { failure, command } = await session.script(resetText);
  if (failure !== undefined) throw failure;
  session.dirty = false;
  // What a user had the server PREPARE is rare: then everything goes.
  if (command === "SELECT 0") return;
  session.forgetNames();
  const forgotten = await session.script("DEALLOCATE ALL");
  if (forgotten.failure !== undefined) throw forgotten.failure;
}
