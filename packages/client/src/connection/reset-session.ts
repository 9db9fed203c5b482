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
  const results: unknown = await session.query(resetText);
  const prepared: unknown = Array.isArray(results) ? results.at(-1) : undefined;
  session.dirty = false;
  // PREPARE is rare: then everything goes.
  if (typeof prepared === "object" && prepared !== null && "rowCount" in prepared && prepared.rowCount === 0)
    return;
  session.forgetNames();
  await session.query("DEALLOCATE ALL");
}
