import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { z } from "zod";
import { statePipe } from "../flush/position.ts";
import { agentIdsOf, keyText, stateKeysOf, updatedText } from "../hydrate/state-rows.ts";
import { type StateKey, stateStream } from "../keys/state-subject.ts";

/** The database, as it was asked of many keys at one moment. */
export interface RowSide {
  /** How far the bucket is flushed; undefined when nothing is of this life of it. */
  readonly flushed: { readonly sequence: number; readonly anchorMs: number } | undefined;
  readonly rows: ReadonlyMap<string, RowDigest>;
}

/** A row without its value. */
export interface RowDigest {
  readonly version: number;
  /** When it was last changed: RFC 3339, to the microsecond. */
  readonly updatedAt: string;
  /** Of the value as it is now, whatever the column says. */
  readonly digest: string;
  readonly expiresAtMs: number | undefined;
  readonly isLive: boolean;
  /** The value is not the one that the column's checksum was made of. */
  readonly isSpoilt: boolean;
}

const shape = z.object({
  sequence: z.coerce.number().nullable(),
  anchor_ms: z.number().nullable(),
  agent_id: z.string().nullable(),
  state_key: z.string().nullable(),
  version: z.coerce.number().nullable(),
  digest: z.string().nullable(),
  checksum: z.string().nullable(),
  expires_ms: z.number().nullable(),
  updated_at: z.string().nullable(),
  is_live: z.boolean().nullable(),
});

/** Reads the rows of keys and the position, in one statement, and so in one snapshot. */
export async function readRowSide(
  database: Database,
  keys: readonly StateKey[],
  createdMs: number,
  options?: QueryOptions,
): Promise<RowSide> {
  const found = await database.background.any(
    sql.prepared("sync_verify_rows", shape)`
      WITH position AS (
        SELECT p.sequence, round(EXTRACT(epoch FROM p.anchor_time) * 1000)::DOUBLE PRECISION AS anchor_ms
        FROM sync.positions AS p
        WHERE p.pipe = ${statePipe}
          AND round(EXTRACT(epoch FROM p.stream_created) * 1000)::DOUBLE PRECISION = ${createdMs}::DOUBLE PRECISION
      ), found AS (
        SELECT s.agent_id::TEXT AS agent_id, s.state_key::TEXT AS state_key, s.version::TEXT AS version,
          public.sha256_hex(s.state_value::TEXT)::TEXT AS digest, s.checksum::TEXT AS checksum,
          floor(EXTRACT(epoch FROM s.expires_at) * 1000)::DOUBLE PRECISION AS expires_ms, ${updatedText} AS updated_at,
          s.expires_at IS NULL OR s.expires_at > now() AS is_live
        FROM unnest(${agentIdsOf(keys)}, ${stateKeysOf(keys)}) AS k (agent_id, state_key)
        JOIN agents.state AS s ON s.agent_id = k.agent_id AND s.state_key = k.state_key
      )
      SELECT p.sequence::TEXT AS sequence, p.anchor_ms, f.*
      FROM (SELECT 1) AS one
      LEFT JOIN position AS p ON TRUE
      LEFT JOIN found AS f ON TRUE
    `,
    options,
  );
  const [first] = found;
  const rows = new Map<string, RowDigest>();
  for (const { agent_id, state_key, version, digest, checksum, expires_ms, updated_at, is_live } of found) {
    if (agent_id === null || state_key === null) continue;
    rows.set(keyText({ agentId: agent_id, stateKey: state_key }), {
      version: version ?? 0,
      updatedAt: updated_at ?? "",
      digest: digest ?? "",
      expiresAtMs: expires_ms ?? undefined,
      isLive: is_live === true,
      isSpoilt: digest !== checksum,
    });
  }
  const flushed =
    first === undefined || first.sequence === null || first.anchor_ms === null
      ? undefined
      : { sequence: first.sequence, anchorMs: first.anchor_ms };
  return { flushed, rows };
}

/** A value of the bucket, to be compared by PostgreSQL itself. */
export interface ComparedValue extends StateKey {
  readonly text: string;
}

const sameShape = z.object({ place: z.int(), same: z.boolean() });

/** Which of these values are those of their rows, by the equality of JSONB. */
export async function compareValues(
  database: Database,
  values: readonly ComparedValue[],
  options?: QueryOptions,
): Promise<readonly boolean[]> {
  if (values.length === 0) return [];
  try {
    const rows = await database.background.any(
      sql.prepared("sync_verify_values", sameShape)`
        SELECT k.place::INTEGER AS place, s.state_value = k.value::JSONB AS same
        FROM unnest(${agentIdsOf(values)}, ${stateKeysOf(values)}, ${sql.array(
          values.map(({ text }) => text),
          "text",
        )}) WITH ORDINALITY AS k (agent_id, state_key, value, place)
        JOIN agents.state AS s ON s.agent_id = k.agent_id AND s.state_key = k.state_key
      `,
      options,
    );
    const same = new Set(rows.filter((row) => row.same).map(({ place }) => place));
    return values.map((_, index) => same.has(index + 1));
  } catch (error) {
    // One that PostgreSQL cannot read as JSONB, or is nested too deep for it, spoils the statement; it is no row's value.
    if (!(error instanceof DatabaseError) || !/^(22|54001)/.test(error.sqlState ?? "")) throw error;
    if (values.length === 1) return [false];
    const middle = values.length >> 1;
    const first = await compareValues(database, values.slice(0, middle), options);
    return [...first, ...(await compareValues(database, values.slice(middle), options))];
  }
}

const sequenceShape = z.object({ sequence: z.coerce.number() });

/** Which of these revisions PostgreSQL could not hold. */
export async function parkedOf(
  database: Database,
  sequences: readonly number[],
  options?: QueryOptions,
): Promise<ReadonlySet<number>> {
  const parked = await database.background.anyFirst(
    sql.type(sequenceShape)`
      SELECT d.sequence::TEXT AS sequence
      FROM sync.dead_letters AS d
      JOIN sync.positions AS p ON p.pipe = ${statePipe} AND p.incarnation = d.incarnation
      WHERE d.pipe = 'flush' AND d.stream = ${stateStream}
        AND d.sequence = ANY(${sql.array([...sequences], "int8")})
    `,
    options,
  );
  return new Set(parked);
}

const aggregateShape = z.object({ aggregate: z.string() });

/** Which of these keys have changes of SQL that are not published yet. */
export async function unpublishedOf(
  database: Database,
  keys: readonly StateKey[],
  options?: QueryOptions,
): Promise<ReadonlySet<string>> {
  const aggregates = await database.background.anyFirst(
    sql.type(aggregateShape)`
      SELECT o.aggregate
      FROM sync.outbox_pending AS p
      JOIN sync.outbox AS o ON o.event_id = p.event_id AND o.occurred_at = p.occurred_at
      WHERE o.aggregate = ANY(${sql.array(keys.map(aggregateOf), "text")})
    `,
    options,
  );
  return new Set(aggregates);
}

/** What the outbox calls a key. */
export function aggregateOf({ agentId, stateKey }: StateKey): string {
  return `state:${agentId}:${stateKey}`;
}

const spoiltShape = z.object({
  agent_id: z.string(),
  state_key: z.string(),
  version: z.coerce.number(),
  checksum: z.string(),
  is_spoilt: z.boolean(),
});

/** A row whose value is not what its checksum was made of. */
export interface SpoiltRow extends StateKey {
  readonly version: number;
  readonly checksum: string;
}

/** Which rows are checked, from where on. */
export interface CheckedRows {
  /** Undefined for all. */
  readonly agents: readonly string[] | undefined;
  /** Undefined for every key. */
  readonly stateKey: string | undefined;
  readonly after: StateKey | undefined;
}

/** Checks the checksums of the next rows in the order of their keys. */
export async function checkRows(
  database: Database,
  { agents, stateKey, after }: CheckedRows,
  limit: number,
  options?: QueryOptions,
): Promise<{
  readonly spoilt: readonly SpoiltRow[];
  readonly last: StateKey | undefined;
  readonly count: number;
}> {
  const rows = await database.background.any(
    sql.type(spoiltShape)`
      SELECT s.agent_id::TEXT AS agent_id, s.state_key::TEXT AS state_key, s.version::TEXT AS version,
        s.checksum::TEXT AS checksum, s.checksum <> public.sha256_hex(s.state_value::TEXT) AS is_spoilt
      FROM agents.state AS s
      WHERE ${agents === undefined ? sql.fragment`TRUE` : sql.fragment`s.agent_id = ANY(${sql.array([...agents], "uuid")})`}
        AND ${stateKey === undefined ? sql.fragment`TRUE` : sql.fragment`s.state_key = ${stateKey}`}
        AND ${
          after === undefined
            ? sql.fragment`TRUE`
            : sql.fragment`(s.agent_id, s.state_key) > (${after.agentId}::UUID, ${after.stateKey})`
        }
      ORDER BY s.agent_id, s.state_key
      LIMIT ${limit}
    `,
    options,
  );
  const keyed = rows.map((row) => ({ ...row, agentId: row.agent_id, stateKey: row.state_key }));
  const last = keyed.at(-1);
  return {
    count: rows.length,
    last,
    spoilt: keyed
      .filter(({ is_spoilt }) => is_spoilt)
      .map(({ agentId, stateKey, version, checksum }) => ({ agentId, stateKey, version, checksum })),
  };
}

/** Puts the value back that a row's checksum was made of; whether the row was still the spoilt one. */
export async function restoreRow(database: Database, row: SpoiltRow, text: string): Promise<boolean> {
  const { rowCount } = await database.write.query(sql.type(z.object({}))`
    UPDATE agents.state AS s SET state_value = ${text}::JSONB
    WHERE s.agent_id = ${row.agentId} AND s.state_key = ${row.stateKey}
      AND s.version = ${row.version} AND s.checksum = ${row.checksum}
  `);
  return rowCount > 0;
}
