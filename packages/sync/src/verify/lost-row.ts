import { type Database, type SqlFragment, sql } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { z } from "zod";
import type { StateKey } from "../keys/state-subject.ts";
import type { BucketMessage } from "../store/bucket-message.ts";
import type { RepairOutcome } from "./difference.ts";
import type { Judged } from "./look.ts";
import type { RowDigest } from "./row-side.ts";

/**
 * Gives a row the value that the bucket has, or makes it anew, from a message that was written from it when it was later, or
 * deletes it where the message is a delete, unless somebody changed it after it was judged. What is done came from the bucket:
 * nobody brings it there again. A row of an agent that is not registered cannot be.
 *
 * @throws what the database throws
 */
export async function restoreLostRow(database: Database, judged: Judged): Promise<RepairOutcome> {
  if (judged.message === undefined) return "not-possible";
  try {
    const { rowCount } = await database.write.query(sql.type(z.object({ origin: z.string() }))`
      WITH restored AS (${restored(judged)} RETURNING TRUE)
      SELECT set_config('sync.origin', 'flush', TRUE) AS origin FROM restored
    `);
    return rowCount > 0 ? "mended" : "overtaken";
  } catch (error) {
    // What JSONB cannot hold, and an agent that is not there.
    const isRefused = error instanceof DatabaseError && /^(22|23503)/.test(error.sqlState ?? "");
    if (isRefused) return "not-possible";
    throw error;
  }
}

function restored(judged: Judged): SqlFragment {
  if (judged.row === undefined) return inserted(judged);
  return judged.message?.isDelete === true ? deleted(judged, judged.row) : updated(judged, judged.row);
}

function inserted({ key, message }: Judged): SqlFragment {
  return sql.fragment`
    INSERT INTO agents.state (agent_id, state_key, state_value, version, expires_at)
    VALUES (
      ${key.agentId}, ${key.stateKey}, ${textOf(message)}::JSONB, ${message?.fromRow?.version ?? 1}::BIGINT,
      ${expiryOf(message)}::TIMESTAMPTZ
    )
    ON CONFLICT (agent_id, state_key) DO NOTHING`;
}

function updated({ key, message }: Judged, row: RowDigest): SqlFragment {
  return sql.fragment`
    UPDATE agents.state AS s
    SET state_value = ${textOf(message)}::JSONB, expires_at = ${expiryOf(message)}::TIMESTAMPTZ,
      version = GREATEST(s.version, ${message?.fromRow?.version ?? 1}::BIGINT)
    WHERE ${isStill(key, row)}`;
}

function deleted({ key }: Judged, row: RowDigest): SqlFragment {
  return sql.fragment`DELETE FROM agents.state AS s WHERE ${isStill(key, row)}`;
}

function isStill(key: StateKey, row: RowDigest): SqlFragment {
  return sql.fragment`
    s.agent_id = ${key.agentId} AND s.state_key = ${key.stateKey}
      AND s.version = ${row.version}::BIGINT AND s.updated_at = ${row.updatedAt}::TIMESTAMPTZ`;
}

function textOf(message: BucketMessage | undefined): string {
  return Buffer.from(message?.data ?? []).toString();
}

function expiryOf(message: BucketMessage | undefined): string | null {
  return message?.expiresAtMs === undefined ? null : new Date(message.expiresAtMs).toISOString();
}
