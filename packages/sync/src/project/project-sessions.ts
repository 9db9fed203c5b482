import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import type { NatsLink } from "../nats/nats-link.ts";
import { followRows } from "./follow-rows.ts";
import type { Projection } from "./projection.ts";

const sessionRow = z.object({ sessionId: z.string(), value: z.string(), expiresAt: z.string() });

/**
 * Keeps the bucket `SESSION_DATA` in step with the sessions that count: key `session_id`, value JSON without the token
 * and without its hash. A session that has ended, or run out by the time its event is seen, is deleted; `expires_at` in
 * the value, and the header `Smith-Expires-At`, say until when it counts.
 */
export function projectSessions(link: NatsLink, on: Queryable, bucket = "SESSION_DATA"): Projection {
  const follow = followSessions(link, on, bucket);
  return {
    name: "sessions",
    concerns: ({ kind }) => kind === "session",
    apply: ({ aggregate }) => follow(aggregate.slice("session:".length)),
  };
}

/** Brings a key of `SESSION_DATA` level with its row. */
export function followSessions(
  link: NatsLink,
  on: Queryable,
  bucket = "SESSION_DATA",
): (key: string) => Promise<void> {
  return followRows({
    link,
    bucket,
    isReadThrough: false,
    read: async (keys) => {
      const rows = await on.any(sql.type(sessionRow)`
        SELECT
          s.session_id::TEXT AS "sessionId",
          to_char(s.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "expiresAt",
          jsonb_build_object(
            'session_id', s.session_id, 'agent_id', s.agent_id, 'user_id', s.user_id,
            'session_type', s.session_type, 'session_data', s.session_data, 'preferences', s.preferences,
            'permissions', s.permissions, 'ip_address', host(s.ip_address), 'user_agent', s.user_agent,
            'created_at', s.created_at, 'last_activity', s.last_activity, 'expires_at', s.expires_at
          )::TEXT AS value
        FROM sessions.active AS s
        WHERE s.session_id = ANY (${sql.array([...keys], "uuid")}) AND s.expires_at > now()
      `);
      const found = new Map(rows.map((row) => [row.sessionId, row]));
      return keys.map((key) => ({
        value: found.get(key)?.value,
        expiresAt: found.get(key)?.expiresAt,
        agentActive: true,
        flushedTo: Number.POSITIVE_INFINITY,
      }));
    },
  });
}
