import { type SqlFragment, sql } from "@mister-smith/client";
import { z } from "zod";

const count = z.union([z.int(), z.string(), z.bigint()]).transform(Number);

/** A row of `sync.dead_letters` without what may be large. */
export const deadLetterRow = z.object({
  deadLetterId: count,
  pipe: z.string(),
  reasonCode: z.string(),
  reason: z.string(),
  subject: z.string().nullable(),
  messageKey: z.string().nullable(),
  payloadBytes: z.int().nullable(),
  stream: z.string().nullable(),
  incarnation: count.nullable(),
  sequence: count.nullable(),
  eventId: count.nullable(),
  aggregate: z.string().nullable(),
  attempts: z.int(),
  createdAt: z.date(),
  retriedAt: z.date().nullable(),
});

/** The columns of {@link deadLetterRow}. */
export const deadLetterColumns: SqlFragment = sql.fragment`
  d.dead_letter_id AS "deadLetterId", d.pipe::TEXT AS pipe, d.reason_code::TEXT AS "reasonCode", d.reason, d.subject,
  d.message_key AS "messageKey", octet_length(d.payload) AS "payloadBytes", d.stream, d.incarnation, d.sequence,
  d.event_id AS "eventId", d.aggregate, d.attempts, d.created_at AS "createdAt", d.retried_at AS "retriedAt"
`;

/** What could not be brought over, and why. */
export interface DeadLetter {
  readonly deadLetterId: number;
  /** Where it happened: `flush`, `relay`, or `consume:` and the durable name of the consumer. */
  readonly pipe: string;
  /** What was wrong, for programs. */
  readonly reasonCode: string;
  /** What was wrong, for people. */
  readonly reason: string;
  /** Null for an event that only changes buckets. */
  readonly subject: string | null;
  /** The key in the bucket as it was written; the message's id elsewhere. */
  readonly messageKey: string | null;
  /** How large its bytes are. */
  readonly payloadBytes: number | null;
  readonly stream: string | null;
  readonly incarnation: number | null;
  readonly sequence: number | null;
  /** Of the outbox. */
  readonly eventId: number | null;
  readonly aggregate: string | null;
  readonly attempts: number;
  /** When it was given up. */
  readonly createdAt: Date;
  /** When it was tried again by hand; null while it was not. */
  readonly retriedAt: Date | null;
}

/** The same, whole. */
export interface WholeDeadLetter extends DeadLetter {
  /** The bytes of the message, unchanged. */
  readonly payload: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}
