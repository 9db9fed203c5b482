import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { z } from "zod";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { readPosition } from "../flush/find-position.ts";
import { originHeader, originPostgres } from "../keys/state-headers.ts";
import { readStateSubject, stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { WholeDeadLetter } from "./dead-letter.ts";
import { decideRetry, type RetryLast, type RetryLook } from "./decide-retry.ts";
import { publishAgain, retryId } from "./publish-again.ts";

/** What became of it, and why. */
export type RetriedFlush =
  | { readonly outcome: "retried"; readonly why: null }
  | { readonly outcome: "newer"; readonly why: string };

/** So often somebody else may be quicker. */
const attempts = 5;

/**
 * Writes a dead write into the bucket again, unless its key has a newer value.
 *
 * @throws as {@link publishAgain}; `TOPOLOGY` when there is no bucket; what the database throws
 */
export async function retryFlush(
  { database, link }: { readonly database: Database; readonly link: NatsLink },
  letter: WholeDeadLetter,
  call: QueryOptions,
): Promise<RetriedFlush> {
  const { subject, deadLetterId } = letter;
  if (subject === null)
    throw new SyncError("INVALID_INPUT", `the dead letter ${deadLetterId} has no subject`);
  for (let attempt = 1; ; attempt += 1) {
    const last = await lastOf(link, subject);
    if (last?.messageId === retryId(letter)) return retried;
    const isSameStream = await isStillIts(database, link, letter);
    const row = await rowOf(database, letter, subject, call);
    const { sequence, createdAt } = letter;
    const decision = decideRetry({
      sequence: sequence ?? 0,
      isSameStream: isSameStream && sequence !== null,
      parkedAtMs: createdAt.getTime(),
      last,
      row,
    });
    if (decision === "newer in the bucket") return newer("the bucket has a newer value of the key");
    if (decision === "newer in PostgreSQL")
      return newer("PostgreSQL has a value of the key that may be newer");
    try {
      await publishAgain(link, letter, decision.expect);
      return retried;
    } catch (error) {
      const isConflict = error instanceof SyncError && error.code === "REVISION_CONFLICT";
      if (!isConflict || attempt >= attempts) throw error;
    }
  }
}

const retried: RetriedFlush = { outcome: "retried", why: null };

function newer(why: string): RetriedFlush {
  return { outcome: "newer", why };
}

/** The leader of the stream alone is asked: any other replica may be behind. */
async function lastOf(
  link: NatsLink,
  subject: string,
): Promise<(RetryLast & { readonly messageId: string }) | undefined> {
  try {
    const found = await link.manager.streams.getMessage(stateStream, { last_by_subj: subject });
    if (found === null) return undefined;
    return {
      sequence: found.seq,
      storedAtMs: found.time.getTime(),
      isFromPostgres: found.header?.get(originHeader) === originPostgres,
      messageId: found.header?.get("Nats-Msg-Id") ?? "",
    };
  } catch (error) {
    throw asSyncError(error, `read ${subject}`);
  }
}

/** Whether the stream is the one that gave the letter its number. */
async function isStillIts(database: Database, link: NatsLink, letter: WholeDeadLetter): Promise<boolean> {
  const position = await readPosition(database);
  if (position === undefined || position.incarnation !== letter.incarnation) return false;
  try {
    const { created } = await link.manager.streams.info(stateStream);
    return Date.parse(created) === position.createdMs;
  } catch (error) {
    throw asSyncError(error, `look at the stream ${stateStream}`);
  }
}

const seenRow = z.object({ row: z.enum(["before", "then", "after"]) });

async function rowOf(
  database: Database,
  { deadLetterId }: WholeDeadLetter,
  subject: string,
  call: QueryOptions,
): Promise<RetryLook["row"]> {
  const key = readStateSubject(subject);
  if (typeof key === "string") return undefined;
  const seen = await database.write.maybeOne(
    sql.type(seenRow)`
      SELECT
        CASE
          WHEN s.updated_at > d.created_at THEN 'after'
          WHEN s.updated_at = d.created_at THEN 'then'
          ELSE 'before'
        END AS row
      FROM agents.state AS s
      JOIN sync.dead_letters AS d ON d.dead_letter_id = ${deadLetterId}
      WHERE s.agent_id = ${key.agentId} AND s.state_key = ${key.stateKey}
    `,
    call,
  );
  return seen?.row;
}
