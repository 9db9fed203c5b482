import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type Session, session } from "./session.ts";
import { isSameHash, tokenHash } from "./session-token.ts";
import { type SlidingExpiry, slidingExpiry } from "./sliding-expiry.ts";

const foundRow = session.row.extend({ hash: z.string() });

/** Says that a session is used. See `Sessions.touch`. */
export async function touchSession(
  on: Executor,
  token: string,
  expiry: SlidingExpiry = {},
  options?: QueryOptions,
): Promise<Session | null> {
  const given = parseInput(slidingExpiry, expiry, "the options of touch");
  return await sessionOf(tokenHash(token), async (hash) => {
    return await on.write.maybeOne(touchStatement(hash, given), { ...options, idempotent: true });
  });
}

/** The session that a token opens. See `Sessions.authenticate`. */
export async function authenticate(
  on: Executor,
  token: string,
  options?: QueryOptions,
): Promise<Session | null> {
  return await sessionOf(tokenHash(token), async (hash) => {
    return await on.write.maybeOne(findStatement(hash), options);
  });
}

// The server has found the row by the hash; that it is the one is for the client to say, in constant time.
async function sessionOf(
  hash: string,
  find: (hash: string) => Promise<z.output<typeof foundRow> | null>,
): Promise<Session | null> {
  const found = await find(hash);
  const isOurs = isSameHash(found?.hash ?? `sha256:${"0".repeat(64)}`, hash);
  if (found === null || !isOurs) return null;
  const { hash: _, ...shown } = found;
  return shown;
}

function findStatement(hash: string) {
  return sql.type(foundRow)`
    SELECT ${session.columns("s")}, s.session_token AS hash
    FROM sessions.active AS s
    WHERE s.session_token = ${hash} AND s.expires_at > pg_catalog.statement_timestamp()
  `;
}

function touchStatement(
  hash: string,
  { extendMs, maxLifetimeMs, atMostEveryMs }: z.output<typeof slidingExpiry>,
) {
  // GREATEST and LEAST pass over NULL: what is not given changes nothing.
  return sql.type(foundRow)`
    WITH touched AS (
      UPDATE sessions.active AS s
      SET
        last_activity = pg_catalog.statement_timestamp(),
        expires_at = GREATEST(s.expires_at, LEAST(
          pg_catalog.statement_timestamp() + ${extendMs ?? null}::DOUBLE PRECISION * INTERVAL '1 millisecond',
          CASE WHEN ${extendMs !== undefined} THEN
            s.created_at + ${maxLifetimeMs ?? null}::DOUBLE PRECISION * INTERVAL '1 millisecond'
          END
        ))
      WHERE s.session_token = ${hash}
        AND s.expires_at > pg_catalog.statement_timestamp()
        AND s.last_activity <=
          pg_catalog.statement_timestamp() - ${atMostEveryMs}::DOUBLE PRECISION * INTERVAL '1 millisecond'
      RETURNING s.*
    )
    SELECT ${session.columns("s")}, s.session_token AS hash FROM touched AS s
    UNION ALL
    SELECT ${session.columns("s")}, s.session_token AS hash
    FROM sessions.active AS s
    WHERE s.session_token = ${hash} AND s.expires_at > pg_catalog.statement_timestamp()
      AND NOT EXISTS (SELECT FROM touched)
  `;
}
