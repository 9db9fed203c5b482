import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { isOf, type SessionOwner, sessionOwner } from "./session-owner.ts";
import { tokenHash } from "./session-token.ts";

/** Which of an owner's sessions stay. */
export interface RevokeAllOptions {
  /** The one that asks, usually. */
  readonly exceptSessionId?: string | undefined;
}

const nothing = z.object({});
const revokeAllOptions = z.strictObject({ exceptSessionId: z.guid().optional() });
const sessionIds = z.union([z.guid().transform((one) => [one]), z.array(z.guid()).max(10_000)]);

/** Ends sessions by their identifiers. See `Sessions.revoke`. */
export async function revokeSessions(
  on: Executor,
  given: string | readonly string[],
  options?: QueryOptions,
): Promise<number> {
  const ids = parseInput(sessionIds, given, "the sessions to revoke");
  const { rowCount } = await on.write.query(
    sql.type(nothing)`DELETE FROM sessions.active AS s WHERE s.session_id = ANY (${sql.array(ids, "uuid")})`,
    options,
  );
  return rowCount;
}

/** Ends the session that a token opens. See `Sessions.revokeToken`. */
export async function revokeToken(on: Executor, token: string, options?: QueryOptions): Promise<boolean> {
  const { rowCount } = await on.write.query(
    sql.type(nothing)`DELETE FROM sessions.active AS s WHERE s.session_token = ${tokenHash(token)}`,
    options,
  );
  return rowCount > 0;
}

/** Ends all sessions of a user or an agent. See `Sessions.revokeAll`. */
export async function revokeAll(
  on: Executor,
  owner: SessionOwner,
  which: RevokeAllOptions = {},
  options?: QueryOptions,
): Promise<number> {
  const whose = parseInput(sessionOwner, owner, "the owner of the sessions");
  const { exceptSessionId } = parseInput(revokeAllOptions, which, "the options of revokeAll");
  const { rowCount } = await on.write.query(
    sql.type(nothing)`
      DELETE FROM sessions.active AS s
      WHERE ${isOf(whose)} AND s.session_id IS DISTINCT FROM ${exceptSessionId ?? null}::UUID
    `,
    options,
  );
  return rowCount;
}
