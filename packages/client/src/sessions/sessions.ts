import type { Executor } from "../executor/executor.ts";
import type { Page, PageOptions } from "../page/page.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { type CreatedSession, type CreateSessionInput, createSession } from "./create-session.ts";
import { countSessions, getSession, listSessions, type SessionFilter } from "./list-sessions.ts";
import { reapSessions } from "./reap-sessions.ts";
import { type RevokeAllOptions, revokeAll, revokeSessions, revokeToken } from "./revoke-sessions.ts";
import type { Session } from "./session.ts";
import type { SessionOwner } from "./session-owner.ts";
import type { SlidingExpiry } from "./sliding-expiry.ts";
import { authenticate, touchSession } from "./touch-session.ts";
import { type SessionChanges, updateSession } from "./update-session.ts";

/**
 * Sessions of users and agents.
 *
 * A token never leaves the process: what the server is given and stores is its SHA-256, computed here. Look-ups by
 * token read one partition, those by `sessionId` all eight. Expired sessions count as gone everywhere.
 */
export interface Sessions {
  /**
   * Begins a session and returns its token, the only time that it can be had.
   *
   * @throws ClientError `NOT_FOUND` when the agent does not exist; `INVALID_INPUT`
   */
  create(input: CreateSessionInput, options?: QueryOptions): Promise<CreatedSession>;
  /**
   * The session that a token opens, or null: for a token that is wrong, expired, revoked or malformed, with the same
   * work for each. Asks the primary, so that what was revoked opens nothing from then on.
   */
  authenticate(token: string, options?: QueryOptions): Promise<Session | null>;
  /**
   * {@link Sessions.authenticate}, and says that the session is used: `lastActivity` is now, and it expires later
   * when `extendMs` is given. Unless that was said less than `atMostEveryMs` ago: then nothing is written.
   */
  touch(token: string, expiry?: SlidingExpiry, options?: QueryOptions): Promise<Session | null>;
  /**
   * Replaces data, preferences or permissions.
   *
   * @throws ClientError `NOT_FOUND` when there is no such session, or it has expired; `INVALID_INPUT`
   */
  update(sessionId: string, changes: SessionChanges, options?: QueryOptions): Promise<Session>;
  /** Ends sessions, one or many, at most 10,000. Returns how many there were. */
  revoke(sessionIds: string | readonly string[], options?: QueryOptions): Promise<number>;
  /** Ends the session that a token opens. Returns whether there was one. */
  revokeToken(token: string, options?: QueryOptions): Promise<boolean>;
  /** Ends all sessions of a user or an agent, but one if asked. Returns how many there were. */
  revokeAll(owner: SessionOwner, which?: RevokeAllOptions, options?: QueryOptions): Promise<number>;
  /** The session, or null. May be answered by a replica. */
  get(sessionId: string, options?: QueryOptions): Promise<Session | null>;
  /** Sessions, the latest first. May be answered by a replica. */
  list(which?: SessionFilter & PageOptions, options?: QueryOptions): Promise<Page<Session>>;
  /** How many sessions there are. May be answered by a replica. */
  count(which?: SessionFilter, options?: QueryOptions): Promise<number>;
  /** Deletes expired sessions, the oldest first, at most `limit` (1,000); returns how many. Several may do so at once. */
  reap(limit?: number, options?: QueryOptions): Promise<number>;
}

/** Binds the questions about sessions to a database or a transaction. */
export function sessionsOf(on: Executor): Sessions {
  return {
    create: (input, options) => createSession(on, input, options),
    authenticate: (token, options) => authenticate(on, token, options),
    touch: (token, expiry, options) => touchSession(on, token, expiry, options),
    update: (sessionId, changes, options) => updateSession(on, sessionId, changes, options),
    revoke: (sessionIds, options) => revokeSessions(on, sessionIds, options),
    revokeToken: (token, options) => revokeToken(on, token, options),
    revokeAll: (owner, which, options) => revokeAll(on, owner, which, options),
    get: (sessionId, options) => getSession(on, sessionId, options),
    list: (which, options) => listSessions(on, which, options),
    count: (which, options) => countSessions(on, which, options),
    reap: (limit, options) => reapSessions(on, limit, options),
  };
}
