import { type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { decodeStateKey, encodeStateKey } from "../keys/state-key.ts";
import { stateBucket } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { followRows } from "./follow-rows.ts";
import type { Projection } from "./projection.ts";

const stateRow = z.object({
  value: z.string().nullable(),
  expiresAt: z.string().nullable(),
  rowAge: z.string().nullable(),
  agentActive: z.boolean(),
  flushedTo: z.coerce.number(),
});

/** The length of an agent's id. */
const idLength = 36;

/**
 * Brings writes to `agents.state` that did not come from the flusher to the bucket `AGENT_STATE`. What the bucket holds
 * and is not flushed yet wins; keys that are in the bucket, and all keys of active agents, are followed.
 */
export function projectStates(link: NatsLink, on: Queryable): Projection {
  const follow = followRows({
    link,
    bucket: stateBucket,
    isReadThrough: true,
    read: async (keys, created) => {
      const agents = keys.map((key) => key.slice(0, idLength));
      const stateKeys = keys.map((key) => decodeStateKey(key.slice(idLength + 1)) ?? "");
      // One statement, so one snapshot: the row is as old as the position that it is judged by. The position says nothing
      // of a bucket that was made since; times are compared with the precision that both sides keep.
      const rows = await on.any(sql.type(stateRow)`
        SELECT
          s.state_value::TEXT AS value,
          to_char(s.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "expiresAt",
          s.version || to_char(s.updated_at AT TIME ZONE 'UTC', ' YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "rowAge",
          COALESCE(r.status = 'active', FALSE) AS "agentActive",
          COALESCE(p.sequence, 0)::TEXT AS "flushedTo"
        FROM unnest(${sql.array(agents, "uuid")}, ${sql.array(stateKeys, "text")}) WITH ORDINALITY
          AS k (agent_id, state_key, place)
        LEFT JOIN agents.state AS s
          ON s.agent_id = k.agent_id AND s.state_key = k.state_key
          AND (s.expires_at IS NULL OR s.expires_at > now())
        LEFT JOIN agents.registry AS r ON r.agent_id = k.agent_id
        LEFT JOIN sync.positions AS p
          ON p.pipe = 'agent_state'
          AND abs(EXTRACT(epoch FROM p.stream_created - ${created}::TIMESTAMPTZ)) < 0.002
        ORDER BY k.place
      `);
      return rows.map((row) => ({
        ...row,
        value: row.value ?? undefined,
        expiresAt: row.expiresAt ?? undefined,
        rowAge: row.rowAge ?? undefined,
      }));
    },
  });
  return {
    name: "states",
    concerns: ({ kind, origin }) => kind === "state" && origin !== "flush",
    apply: ({ aggregate }) => {
      const [, agentId = "", stateKey = ""] = /^state:([^:]*):(.*)$/s.exec(aggregate) ?? [];
      return follow(`${agentId}.${encodeStateKey(stateKey)}`);
    },
  };
}
