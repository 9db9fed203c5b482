import { sql } from "@mister-smith/client";
import { z } from "zod";
import { jsonbArray } from "./jsonb-array.ts";
import type { ParkedWrite } from "./parked-write.ts";
import type { PlannedWrite } from "./plan-batch.ts";
import { type Position, statePipe } from "./position.ts";

const nothing = z.object({});

const flushedRow = z.object({
  origin: z.string(),
  moved: z.boolean(),
  unknown_agents: z.array(z.string()),
});

/** What became of a batch. */
export type FlushedRow = z.output<typeof flushedRow>;

/**
 * Writes a batch and moves the position, in one statement. The rows are taken in the order of their keys, so that two
 * that write the same ones wait for each other instead of for ever. A value that has expired by now is deleted. Writes
 * of agents that are not registered are left out and named.
 *
 * It marks the transaction as the flusher's, for the triggers: what it writes came from the bucket. Triggers of a
 * statement come after all of its parts.
 */
export function writeBatch(writes: readonly PlannedWrite[], from: Position, to: Position, epoch: number) {
  const puts = writes.filter(isPut);
  const deletes = writes.filter((write) => !isPut(write));
  return sql.type(flushedRow)`
    WITH incoming AS MATERIALIZED (
      SELECT u.agent_id, u.state_key, u.state_value, u.writes, u.expires_at, r.agent_id IS NOT NULL AS is_known,
        u.expires_at IS NULL OR u.expires_at > now() AS is_live
      FROM unnest(
        ${sql.array(
          puts.map(({ agentId }) => agentId),
          "uuid",
        )},
        ${sql.array(
          puts.map(({ stateKey }) => stateKey),
          "text",
        )},
        ${sql.binary(jsonbArray(puts.map(({ value }) => value)))}::JSONB[],
        ${sql.array(
          puts.map((put) => put.writes),
          "int8",
        )},
        ${sql.array(
          puts.map(({ expiresAt }) => expiresAt),
          "timestamptz",
        )}
      ) AS u (agent_id, state_key, state_value, writes, expires_at)
      LEFT JOIN agents.registry AS r ON r.agent_id = u.agent_id
      ORDER BY u.agent_id, u.state_key
    ), put AS (
      INSERT INTO agents.state AS s (agent_id, state_key, state_value, version, expires_at)
      SELECT i.agent_id, i.state_key, i.state_value, i.writes, i.expires_at
      FROM incoming AS i
      WHERE i.is_known AND i.is_live
      ON CONFLICT (agent_id, state_key) DO UPDATE
      SET state_value = excluded.state_value, version = s.version + excluded.version, expires_at = excluded.expires_at
    ), gone AS (
      SELECT u.agent_id, u.state_key
      FROM unnest(
        ${sql.array(
          deletes.map(({ agentId }) => agentId),
          "uuid",
        )},
        ${sql.array(
          deletes.map(({ stateKey }) => stateKey),
          "text",
        )}
      ) AS u (agent_id, state_key)
      UNION ALL
      SELECT i.agent_id, i.state_key FROM incoming AS i WHERE NOT i.is_live
    ), deleted AS (
      DELETE FROM agents.state AS s USING gone AS g
      WHERE s.agent_id = g.agent_id AND s.state_key = g.state_key
    ), moved AS (
      UPDATE sync.positions AS p
      SET sequence = ${to.sequence}, epoch = ${epoch}, anchor_time = to_timestamp(${to.anchorMs ?? null}::DOUBLE PRECISION / 1000)
      WHERE p.pipe = ${statePipe} AND p.incarnation = ${from.incarnation} AND p.sequence = ${from.sequence}
      RETURNING TRUE
    )
    SELECT
      set_config('sync.origin', 'flush', TRUE) AS origin,
      EXISTS (SELECT FROM moved) AS moved,
      ARRAY(SELECT DISTINCT i.agent_id::TEXT FROM incoming AS i WHERE NOT i.is_known) AS unknown_agents
  `;
}

/**
 * Writes values that PostgreSQL had once, each over an older row, or none, and over no other. It is part of the transaction that
 * {@link writeBatch} began. What has expired by now, and what is of an agent that is not registered, is left out.
 */
export function writeLostRows(writes: readonly PlannedWrite[]) {
  return sql.type(nothing)`
    INSERT INTO agents.state AS s (agent_id, state_key, state_value, version, updated_at, expires_at)
    SELECT u.agent_id, u.state_key, u.state_value, u.version, u.updated_at, u.expires_at
    FROM unnest(
      ${sql.array(
        writes.map(({ agentId }) => agentId),
        "uuid",
      )},
      ${sql.array(
        writes.map(({ stateKey }) => stateKey),
        "text",
      )},
      ${sql.binary(jsonbArray(writes.flatMap(({ value }) => value ?? [])))}::JSONB[],
      ${sql.array(
        writes.map(({ row }) => row?.version ?? 1),
        "int8",
      )},
      ${sql.array(
        writes.map(({ row }) => row?.updatedAt ?? null),
        "timestamptz",
      )},
      ${sql.array(
        writes.map(({ expiresAt }) => expiresAt),
        "timestamptz",
      )}
    ) AS u (agent_id, state_key, state_value, version, updated_at, expires_at)
    JOIN agents.registry AS r ON r.agent_id = u.agent_id
    WHERE u.expires_at IS NULL OR u.expires_at > now()
    ORDER BY u.agent_id, u.state_key
    ON CONFLICT (agent_id, state_key) DO UPDATE
    SET state_value = excluded.state_value, version = GREATEST(s.version, excluded.version), expires_at = excluded.expires_at
    WHERE s.updated_at < excluded.updated_at
  `;
}

function isPut(write: PlannedWrite): write is PlannedWrite & { readonly value: Uint8Array } {
  return write.value !== null;
}

/** Puts writes aside; one that was put aside before is not again. */
export function parkWrites(parked: readonly ParkedWrite[], stream: string, incarnation: number) {
  const headersOf = ({ message: { headers } }: ParkedWrite) => {
    const pairs = (headers?.keys() ?? []).map((name) => [storable(name), storable(headers?.get(name) ?? "")]);
    return JSON.stringify(Object.fromEntries(pairs));
  };
  return sql.type(nothing)`
    INSERT INTO sync.dead_letters (
      pipe, reason_code, reason, subject, message_key, payload, headers, stream, incarnation, sequence
    )
    SELECT
      'flush', u.reason_code, u.reason, u.subject, u.message_key, u.payload, u.headers, ${stream}, ${incarnation}::BIGINT, u.sequence
    FROM unnest(
      ${sql.array(
        parked.map(({ reasonCode }) => reasonCode),
        "text",
      )},
      ${sql.array(
        parked.map(({ reason }) => storable(reason)),
        "text",
      )},
      ${sql.array(
        parked.map(({ message }) => storable(message.subject)),
        "text",
      )},
      ${sql.array(
        parked.map(({ message }) => storable(message.subject.split(".").slice(2).join("."))),
        "text",
      )},
      ${sql.array(
        parked.map(({ message }) => Buffer.from(message.data)),
        "bytea",
      )},
      ${sql.array(parked.map(headersOf), "jsonb")},
      ${sql.array(
        parked.map(({ message }) => message.sequence),
        "int8",
      )}
    ) AS u (reason_code, reason, subject, message_key, payload, headers, sequence)
    ON CONFLICT (pipe, stream, incarnation, sequence) DO NOTHING
  `;
}

// A foreign subject or header, and what a parser quotes of a bad value, may hold what no text of PostgreSQL can.
function storable(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}

const positionRow = z.object({
  incarnation: z.coerce.number().int(),
  sequence: z.coerce.number().int(),
  anchor_ms: z.number().nullable(),
  created_ms: z.number().nullable(),
});

/** Where the pipe stands. */
export const selectPosition = sql.type(positionRow)`
  SELECT
    p.incarnation::TEXT AS incarnation, p.sequence::TEXT AS sequence,
    round(EXTRACT(epoch FROM p.anchor_time) * 1000)::DOUBLE PRECISION AS anchor_ms,
    round(EXTRACT(epoch FROM p.stream_created) * 1000)::DOUBLE PRECISION AS created_ms
  FROM sync.positions AS p
  WHERE p.pipe = ${statePipe}
`;

/** The highest incarnation on record. */
export const selectLastIncarnation = sql.type(z.object({ incarnation: z.coerce.number().int() }))`
  SELECT max(i.incarnation)::TEXT AS incarnation
  FROM sync.incarnations AS i
  WHERE i.pipe = ${statePipe}
  HAVING max(i.incarnation) IS NOT NULL
`;

/** Begins another life of the stream, from a position on; true when nobody else did meanwhile. */
export function beginIncarnation(
  stream: string,
  before: Position | undefined,
  after: Position,
  reason: "first" | "recreated" | "tail lost",
) {
  return sql.type(z.object({ begun: z.boolean() }))`
    WITH begun AS (
      INSERT INTO sync.positions AS p (pipe, stream, incarnation, sequence, anchor_time, stream_created)
      VALUES (
        ${statePipe}, ${stream}, ${after.incarnation}, ${after.sequence},
        to_timestamp(${after.anchorMs ?? null}::DOUBLE PRECISION / 1000),
        to_timestamp(${after.createdMs ?? null}::DOUBLE PRECISION / 1000)
      )
      ON CONFLICT (pipe) DO UPDATE
      SET stream = excluded.stream, incarnation = excluded.incarnation, sequence = excluded.sequence,
        anchor_time = excluded.anchor_time, stream_created = excluded.stream_created
      WHERE p.incarnation = ${before?.incarnation ?? -1} AND p.sequence = ${before?.sequence ?? -1}
      RETURNING TRUE
    ), recorded AS (
      INSERT INTO sync.incarnations (pipe, incarnation, stream_created, reason, last_sequence)
      SELECT
        ${statePipe}, ${after.incarnation}, to_timestamp(${after.createdMs ?? null}::DOUBLE PRECISION / 1000),
        ${reason}, ${before?.sequence ?? null}::BIGINT
      FROM begun
    )
    SELECT EXISTS (SELECT FROM begun) AS begun
  `;
}
