import { type Queryable, type QueryOptions, type SqlFragment, sql } from "@mister-smith/client";
import { z } from "zod";
import type { StateKey } from "../keys/state-subject.ts";

const rowShape = z.object({
  agent_id: z.string(),
  state_key: z.string(),
  value: z.string(),
  version: z.string(),
  checksum: z.string(),
  expires_at: z.string().nullable(),
  updated_at: z.string(),
});

/** A row of `agents.state`, as it is written into the bucket. */
export interface StateRow extends StateKey {
  /** The value as PostgreSQL prints it: what its checksum is made of. */
  readonly value: string;
  readonly version: string;
  readonly checksum: string;
  /** RFC 3339, to the microsecond; undefined for never. */
  readonly expiresAt: string | undefined;
  /** When it was last changed: RFC 3339, to the microsecond. */
  readonly updatedAt: string;
}

/** RFC 3339, to the microsecond: what is compared with the column again must have all of it. */
export const expiryText = sql.fragment`to_char(s.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** When a row was last changed, as {@link expiryText}; it only grows as long as the row is there. */
export const updatedText = sql.fragment`to_char(s.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const columns = sql.fragment`
  s.agent_id::TEXT AS agent_id, s.state_key::TEXT AS state_key, s.state_value::TEXT AS value,
  s.version::TEXT AS version, s.checksum::TEXT AS checksum, ${expiryText} AS expires_at,
  ${updatedText} AS updated_at
`;

/** Which agents: those of these ids, those that are at work or idle, or all. */
export type AgentScope = readonly string[] | "active" | "all";

/**
 * How many keys, and how many bytes of values as they are sent, are read at once. A value that is stored compressed may be a
 * hundred times as large: of such ones no more are looked into for a page.
 */
const page = { keys: 1_000, bytes: 8 * 1024 * 1024, packedBytes: 1024 * 1024 };

/**
 * The live rows of agents in the order of their keys, after one of them: at least one while there is any, at most 1000, and no more
 * than one where their values have more than 8 MiB together. What is stored is summed up before a value is read, and what is sent
 * before any is.
 */
export async function rowsAfter(
  on: Queryable,
  { agents, after }: { readonly agents: AgentScope; readonly after: StateKey | undefined },
  options?: QueryOptions,
): Promise<readonly StateRow[]> {
  const rows = await on.any(
    sql.type(rowShape)`
      SELECT ${columns}
      FROM (
        SELECT c.*, sum(octet_length(c.state_value::TEXT)) OVER (ORDER BY c.place) AS bytes
        FROM (
          SELECT p.*, row_number() OVER w AS place, sum(pg_column_size(p.state_value)) OVER w AS stored,
            sum(pg_column_size(p.state_value))
              FILTER (WHERE pg_column_compression(p.state_value) IS NOT NULL) OVER w AS packed
          FROM (
            SELECT s.agent_id, s.state_key, s.state_value, s.version, s.checksum, s.expires_at,
              s.updated_at
            FROM agents.state AS s
            WHERE ${inScope(agents)} AND ${isAfter(after)} AND (s.expires_at IS NULL OR s.expires_at > now())
            ORDER BY s.agent_id, s.state_key
            LIMIT ${page.keys}
          ) AS p
          WINDOW w AS (ORDER BY p.agent_id, p.state_key)
        ) AS c
        WHERE c.place = 1 OR (c.stored <= ${page.bytes} AND coalesce(c.packed, 0) <= ${page.packedBytes})
      ) AS s
      WHERE s.place = 1 OR s.bytes <= ${page.bytes}
      ORDER BY s.place
    `,
    options,
  );
  return rows.map(stateRow);
}

function inScope(agents: AgentScope): SqlFragment {
  if (agents === "all") return sql.fragment`TRUE`;
  if (agents === "active")
    return sql.fragment`s.agent_id IN (
      SELECT r.agent_id FROM agents.registry AS r WHERE r.status IN ('initializing', 'active', 'idle')
    )`;
  return sql.fragment`s.agent_id = ANY(${sql.array([...agents], "uuid")})`;
}

function isAfter(after: StateKey | undefined): SqlFragment {
  if (after === undefined) return sql.fragment`TRUE`;
  return sql.fragment`(s.agent_id, s.state_key) > (${after.agentId}::UUID, ${after.stateKey})`;
}

/** How many live rows the agents have. */
export async function countRows(on: Queryable, agents: AgentScope, options?: QueryOptions): Promise<number> {
  return await on.oneFirst(
    sql.type(z.object({ count: z.coerce.number() }))`
      SELECT count(*)::TEXT AS count FROM agents.state AS s
      WHERE ${inScope(agents)} AND (s.expires_at IS NULL OR s.expires_at > now())
    `,
    options,
  );
}

/** The live rows of these keys; one that does not exist, or has expired, is left out. */
export async function rowsOf(
  on: Queryable,
  keys: readonly StateKey[],
  options?: QueryOptions,
): Promise<readonly StateRow[]> {
  const rows = await on.any(
    sql.prepared("sync_state_rows", rowShape)`
      SELECT ${columns}
      FROM unnest(${agentIdsOf(keys)}, ${stateKeysOf(keys)}) AS k (agent_id, state_key)
      JOIN agents.state AS s ON s.agent_id = k.agent_id AND s.state_key = k.state_key
      WHERE s.expires_at IS NULL OR s.expires_at > now()
    `,
    options,
  );
  return rows.map(stateRow);
}

const markShape = rowShape.pick({ agent_id: true, state_key: true }).extend({ mark: z.string() });

/** What tells whether a row is still the one that was read; see {@link markOf}. */
export async function marksOf(
  on: Queryable,
  keys: readonly StateKey[],
  options?: QueryOptions,
): Promise<ReadonlyMap<string, string>> {
  const marks = await on.any(
    sql.prepared("sync_state_marks", markShape)`
      SELECT s.agent_id::TEXT AS agent_id, s.state_key::TEXT AS state_key,
        concat_ws(' ', s.version, s.checksum, ${expiryText}) AS mark
      FROM unnest(${agentIdsOf(keys)}, ${stateKeysOf(keys)}) AS k (agent_id, state_key)
      JOIN agents.state AS s ON s.agent_id = k.agent_id AND s.state_key = k.state_key
    `,
    options,
  );
  return new Map(marks.map((mark) => [keyText(stateKeyOf(mark)), mark.mark]));
}

/** A row's version, content and expiry, to be compared with {@link marksOf}. */
export function markOf({ version, checksum, expiresAt }: StateRow): string {
  return [version, checksum, ...(expiresAt === undefined ? [] : [expiresAt])].join(" ");
}

/** A key as one text, for maps. */
export function keyText({ agentId, stateKey }: StateKey): string {
  return `${agentId} ${stateKey}`;
}

function stateRow(row: z.output<typeof rowShape>): StateRow {
  return {
    ...stateKeyOf(row),
    value: row.value,
    version: row.version,
    checksum: row.checksum,
    expiresAt: row.expires_at ?? undefined,
    updatedAt: row.updated_at,
  };
}

function stateKeyOf({
  agent_id,
  state_key,
}: Pick<z.output<typeof rowShape>, "agent_id" | "state_key">): StateKey {
  return { agentId: agent_id, stateKey: state_key };
}

/** The agents' ids of keys, as an array of PostgreSQL. */
export function agentIdsOf(keys: readonly StateKey[]) {
  return sql.array(
    keys.map(({ agentId }) => agentId),
    "uuid",
  );
}

/** The names of keys, as an array of PostgreSQL. */
export function stateKeysOf(keys: readonly StateKey[]) {
  return sql.array(
    keys.map(({ stateKey }) => stateKey),
    "text",
  );
}
