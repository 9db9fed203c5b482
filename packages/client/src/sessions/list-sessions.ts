import { z } from "zod";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { type CursorKind, pageOf, readCursor } from "../page/cursor.ts";
import { type Page, type PageOptions, pageOptions } from "../page/page.ts";
import { exactTime, olderThan, type TimePosition, timePosition } from "../page/time-position.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import { type Session, session } from "./session.ts";

/** Which sessions; every condition that is given must hold. */
export interface SessionFilter {
  readonly userId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly sessionType?: Session["sessionType"] | undefined;
  /** Also those that have expired and were not reaped yet. Default: false. */
  readonly includeExpired?: boolean | undefined;
}

const sessionFilter = {
  userId: textInput(255).optional(),
  agentId: z.guid().optional(),
  sessionType: z.enum(["interactive", "api", "system", "background"]).optional(),
  includeExpired: z.boolean().default(false),
};
const countOptions = z.strictObject(sessionFilter);
const listOptions = z.strictObject({ ...sessionFilter, ...pageOptions });
const byBeginning: CursorKind<TimePosition> = { list: "sessions", position: timePosition };

/** A session, or null. See `Sessions.get`. */
export async function getSession(
  on: Executor,
  sessionId: string,
  options?: QueryOptions,
): Promise<Session | null> {
  const id = parseInput(z.guid(), sessionId, "the session");
  return await on.read.maybeOne(
    sql.type(session.row)`
      SELECT ${session.columns("s")}
      FROM sessions.active AS s
      WHERE s.session_id = ${id}::UUID AND s.expires_at > pg_catalog.statement_timestamp()
    `,
    options,
  );
}

/** Sessions, page by page. See `Sessions.list`. */
export async function listSessions(
  on: Executor,
  which: SessionFilter & PageOptions = {},
  options?: QueryOptions,
): Promise<Page<Session>> {
  const { limit, cursor, ...filter } = parseInput(listOptions, which, "the sessions");
  const position = readCursor(byBeginning, cursor);
  const time = sql.fragment`s.created_at`;
  const rows = await on.read.any(
    sql.type(session.row.extend({ exactTime: z.string() }))`
      SELECT ${session.columns("s")}, ${exactTime(time)} AS "exactTime"
      FROM sessions.active AS s
      WHERE ${meetsFilter(filter)} AND ${olderThan(position, time, sql.fragment`s.session_id`)}
      ORDER BY s.created_at DESC, s.session_id DESC
      LIMIT ${limit + 1}
    `,
    options,
  );
  return pageOf(
    byBeginning,
    rows,
    limit,
    (last): TimePosition => [last.exactTime, last.sessionId],
    ({ exactTime: _, ...shown }) => shown,
  );
}

/** How many sessions there are. See `Sessions.count`. */
export async function countSessions(
  on: Executor,
  which: SessionFilter = {},
  options?: QueryOptions,
): Promise<number> {
  const filter = parseInput(countOptions, which, "the sessions to count");
  return await on.read.oneFirst(
    sql.type(z.object({ count: z.coerce.number() }))`
      SELECT pg_catalog.count(*) AS count FROM sessions.active AS s WHERE ${meetsFilter(filter)}
    `,
    options,
  );
}

function meetsFilter({ userId, agentId, sessionType, includeExpired }: z.output<typeof countOptions>) {
  const all = sql.and([
    userId !== undefined && sql.fragment`s.user_id = ${userId}`,
    agentId !== undefined && sql.fragment`s.agent_id = ${agentId}::UUID`,
    sessionType !== undefined && sql.fragment`s.session_type = ${sessionType}`,
    !includeExpired && sql.fragment`s.expires_at > pg_catalog.statement_timestamp()`,
  ]);
  return sql.fragment`${all}`;
}
