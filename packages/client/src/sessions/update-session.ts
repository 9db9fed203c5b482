import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Session, session } from "./session.ts";

/** What is to be otherwise, each all anew; what is left out stays. */
export interface SessionChanges {
  readonly sessionData?: JsonInput | undefined;
  readonly preferences?: JsonInput | undefined;
  readonly permissions?: JsonInput | undefined;
}

const sessionChanges = z.strictObject({
  sessionData: z.unknown().optional(),
  preferences: z.unknown().optional(),
  permissions: z.unknown().optional(),
});

/** Replaces what is kept with a session. See `Sessions.update`. */
export async function updateSession(
  on: Executor,
  sessionId: string,
  changes: SessionChanges,
  options?: QueryOptions,
): Promise<Session> {
  const id = parseInput(z.guid(), sessionId, "the session");
  const given = parseInput(sessionChanges, changes, "the changes to the session");
  const stored = (value: unknown, what: string) =>
    value === undefined ? null : jsonText(value, `the ${what} of the session`);
  const changed = await on.write.maybeOne(
    sql.type(session.row)`
      UPDATE sessions.active AS s
      SET
        session_data = COALESCE(${stored(given.sessionData, "data")}::JSONB, s.session_data),
        preferences = COALESCE(${stored(given.preferences, "preferences")}::JSONB, s.preferences),
        permissions = COALESCE(${stored(given.permissions, "permissions")}::JSONB, s.permissions)
      WHERE s.session_id = ${id}::UUID AND s.expires_at > pg_catalog.statement_timestamp()
      RETURNING ${session.columns("s")}
    `,
    { ...options, idempotent: true },
  );
  if (changed !== null) return changed;
  throw new ClientError("NOT_FOUND", `session ${id} does not exist, or has expired`, {
    hint: "Begin a new one with `sessions.create`.",
    details: { sessionId: id },
  });
}
