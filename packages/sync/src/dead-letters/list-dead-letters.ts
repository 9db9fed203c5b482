import { type Database, type QueryOptions, sql } from "@mister-smith/client";
import { SyncError } from "../errors/sync-error.ts";
import { type DeadLetter, deadLetterColumns, deadLetterRow } from "./dead-letter.ts";

/** Which dead letters, and which part of them. */
export interface ListDeadLetters {
  /** Only of this pipe: `flush`, `relay`, `consume:<durable>`; `consume` stands for all consumers. */
  readonly pipe?: string | undefined;
  /** Only with this reason code. */
  readonly reasonCode?: string | undefined;
  /** Only what names this agent in its subject or aggregate. */
  readonly agentId?: string | undefined;
  /** Also those that were retried. Default: false. */
  readonly includeRetried?: boolean | undefined;
  /** Default: the newest first. */
  readonly order?: "newest" | "oldest" | undefined;
  /** Go on behind this one, in the order asked for: `nextCursor` of the page before. */
  readonly cursor?: number | null | undefined;
  /** How many at most. Default: 50. */
  readonly limit?: number | undefined;
}

/** Some of them. */
export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  /** Null when nothing follows. */
  readonly nextCursor: number | null;
}

/**
 * Lists dead letters page by page, by their numbers, without their bytes.
 *
 * @throws SyncError `INVALID_INPUT`; what the database throws
 */
export async function listDeadLetters(
  database: Database,
  input: ListDeadLetters = {},
  options?: QueryOptions,
): Promise<DeadLetterPage> {
  const { pipe, reasonCode, agentId, includeRetried = false, order = "newest", cursor = null } = input;
  const { limit = 50 } = input;
  if (!Number.isInteger(limit) || limit < 1)
    throw new SyncError("INVALID_INPUT", `limit is ${limit}, and must be a whole number above 0`);
  const [behind, sorted] =
    order === "newest" ? [sql.fragment`<`, sql.fragment`DESC`] : [sql.fragment`>`, sql.fragment`ASC`];
  const agent = agentId?.toLowerCase();
  const rows = await database.write.any(
    sql.type(deadLetterRow)`
      SELECT ${deadLetterColumns}
      FROM sync.dead_letters AS d
      WHERE ${sql.and([
        pipe !== undefined && ofPipe(pipe),
        reasonCode !== undefined && sql.fragment`d.reason_code = ${reasonCode}`,
        agent !== undefined &&
          sql.fragment`(strpos(d.subject, ${agent}) > 0 OR strpos(d.aggregate, ${agent}) > 0)`,
        !includeRetried && sql.fragment`d.retried_at IS NULL`,
        cursor !== null && sql.fragment`d.dead_letter_id ${behind} ${cursor}`,
      ])}
      ORDER BY d.dead_letter_id ${sorted}
      LIMIT ${limit + 1}
    `,
    options,
  );
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last?.deadLetterId ?? null };
}

function ofPipe(pipe: string) {
  return pipe === "consume" ? sql.fragment`starts_with(d.pipe, 'consume:')` : sql.fragment`d.pipe = ${pipe}`;
}
