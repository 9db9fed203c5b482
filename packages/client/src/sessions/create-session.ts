import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import { isTransaction } from "../executor/is-transaction.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import { revokeExcess } from "./revoke-excess.ts";
import { type Session, type SessionType, session } from "./session.ts";
import { newToken, tokenHash } from "./session-token.ts";

/** A session to begin. */
export interface CreateSessionInput {
  /** The agent whose session it is, if it is one's. */
  readonly agentId?: string | null | undefined;
  /** The user whose session it is, if it is one's; at most 255 characters. */
  readonly userId?: string | null | undefined;
  /** Default: `interactive`. */
  readonly sessionType?: SessionType | undefined;
  /** How long it counts without being used, in milliseconds by the server's clock. */
  readonly expiresInMs: number;
  /** What the application keeps for it; any JSON. Default: `{}`. */
  readonly sessionData?: JsonInput | undefined;
  /** What its user prefers; any JSON. Default: `{}`. */
  readonly preferences?: JsonInput | undefined;
  /** What it may do; any JSON. Default: `{}`. */
  readonly permissions?: JsonInput | undefined;
  /** Where it comes from. */
  readonly ipAddress?: string | null | undefined;
  /** The program it comes from; at most 4,096 characters. */
  readonly userAgent?: string | null | undefined;
  /**
   * The most sessions that the user, or else the agent, may have, this one included: the longest unused are revoked
   * for it. In a transaction that is `repeatable read` or `serializable` those that others began since its first statement
   * are not counted. Default: any number.
   */
  readonly maxPerOwner?: number | undefined;
}

/** A session that was begun. */
export interface CreatedSession {
  /** The secret that opens it. It is not stored, and cannot be had again. */
  readonly token: string;
  readonly session: Session;
}

const createSessionInput = z
  .strictObject({
    agentId: z.guid().nullish(),
    userId: textInput(255).nullish(),
    sessionType: z.enum(["interactive", "api", "system", "background"]).default("interactive"),
    expiresInMs: z.number().min(1).max(315_576_000_000),
    sessionData: z.unknown().default({}),
    preferences: z.unknown().default({}),
    permissions: z.unknown().default({}),
    ipAddress: z.union([z.ipv4(), z.ipv6()], { error: "not an IP address" }).nullish(),
    userAgent: textInput(4096).nullish(),
    maxPerOwner: z.int().min(1).optional(),
  })
  .refine(({ maxPerOwner, userId, agentId }) => maxPerOwner === undefined || (userId ?? agentId) != null, {
    path: ["maxPerOwner"],
    message: "a session of nobody has no owner to count for",
  });

/** Begins a session. See `Sessions.create`. */
export async function createSession(
  on: Executor,
  input: CreateSessionInput,
  options?: QueryOptions,
): Promise<CreatedSession> {
  const given = parseInput(createSessionInput, input, "the session to begin");
  const token = newToken();
  const hash = tokenHash(token);
  const { maxPerOwner } = given;
  if (maxPerOwner === undefined) return { token, session: await begin(on, given, hash, options) };
  const owner = given.userId == null ? { agentId: given.agentId ?? "" } : { userId: given.userId };
  // None is revoked for one that is refused.
  const begun = await on.transaction(
    async (tx) => {
      await revokeExcess(tx, owner, maxPerOwner - 1, options);
      return await begin(tx, given, hash, options);
    },
    { ...options, ...(isTransaction(on) ? {} : { isolation: "read committed" }) },
  );
  return { token, session: begun };
}

async function begin(
  on: Executor,
  given: z.output<typeof createSessionInput>,
  hash: string,
  options?: QueryOptions,
): Promise<Session> {
  const statement = insertStatement(given, hash);
  if (given.agentId == null) return await on.write.one(statement, options);
  const begun = await on.write.maybeOne(statement, options);
  if (begun === null) throw noAgent(given.agentId);
  return begun;
}

function insertStatement(given: z.output<typeof createSessionInput>, hash: string) {
  return sql.type(session.row)`
    INSERT INTO sessions.active AS s (
      session_token, agent_id, user_id, session_type, session_data, preferences, permissions, ip_address, user_agent,
      created_at, last_activity, expires_at
    )
    SELECT
      ${hash}, ${given.agentId ?? null}::UUID, ${given.userId ?? null}, ${given.sessionType},
      ${jsonText(given.sessionData, "the data of the session")}::JSONB,
      ${jsonText(given.preferences, "the preferences of the session")}::JSONB,
      ${jsonText(given.permissions, "the permissions of the session")}::JSONB,
      ${given.ipAddress ?? null}::INET, ${given.userAgent ?? null},
      t.now, t.now, t.now + ${given.expiresInMs}::DOUBLE PRECISION * INTERVAL '1 millisecond'
    FROM (SELECT pg_catalog.statement_timestamp() AS now) AS t
    ${given.agentId == null ? sql.fragment`` : sql.fragment`CROSS JOIN (${knownAgents(given.agentId)}) AS known`}
    RETURNING ${session.columns("s")}
  `;
}

function noAgent(agentId: string): ClientError {
  return new ClientError("NOT_FOUND", `agent ${agentId} does not exist`, {
    hint: "Register it first.",
    details: { agentId },
  });
}
