import { type Database, type SqlFragment, sql } from "@mister-smith/client";
import { DatabaseError } from "@mister-smith/errors";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { statePrefix } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { BucketMessage } from "../store/bucket-message.ts";
import { streamDefaults } from "../topology/stream-defaults.ts";
import type { RepairOutcome } from "./difference.ts";
import type { Judged } from "./look.ts";
import type { RowDigest } from "./row-side.ts";

/**
 * Gives a row the value that the bucket has, or makes it anew, from a message that was written from it when it was later,
 * unless somebody changed it after it was judged. What is written came from the bucket: nobody brings it there again. A row of
 * an agent that is not registered cannot be.
 */
export async function restoreLostRow(database: Database, judged: Judged): Promise<RepairOutcome> {
  if (judged.message === undefined) return "not-possible";
  try {
    const { rowCount } = await database.write.query(sql.type(z.object({ origin: z.string() }))`
      WITH restored AS (${judged.row === undefined ? inserted(judged) : updated(judged, judged.row)} RETURNING TRUE)
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
    WHERE s.agent_id = ${key.agentId} AND s.state_key = ${key.stateKey}
      AND s.version = ${row.version}::BIGINT AND s.updated_at = ${row.updatedAt}::TIMESTAMPTZ`;
}

function textOf(message: BucketMessage | undefined): string {
  return Buffer.from(message?.data ?? []).toString();
}

function expiryOf(message: BucketMessage | undefined): string | null {
  return message?.expiresAtMs === undefined ? null : new Date(message.expiresAtMs).toISOString();
}

const eventShape = z.looseObject({
  occurred_at: z.string(),
  data: z.looseObject({ operation: z.enum(["put", "delete"]), version: z.int() }),
});

/**
 * What the stream of events tells of a row that is gone: that it was deleted after it was as the message has it, or that it
 * was not. Undefined where there are no events, or they do not reach back so far.
 */
export async function fateOfRow(
  link: NatsLink,
  { subject, message }: Judged,
): Promise<"deleted" | "lost" | undefined> {
  const age = message?.fromRow;
  if (age === undefined) return undefined;
  const last = `agents.state.${subject.slice(statePrefix.length)}`;
  try {
    const found = await link.manager.streams.getMessage(streamDefaults.agentState.name, {
      last_by_subj: last,
    });
    const event = eventShape.safeParse(found === null ? undefined : found.json()).data;
    if (event?.data.operation === "put") return event.data.version >= age.version ? "lost" : undefined;
    const isLater = event !== undefined && Date.parse(event.occurred_at) >= Date.parse(age.updatedAt);
    return isLater ? "deleted" : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    const failure = asSyncError(error, `read the last event of ${last}`);
    if (failure.code === "TOPOLOGY") return undefined;
    throw failure;
  }
}
