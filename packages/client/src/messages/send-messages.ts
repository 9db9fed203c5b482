import { timestamp } from "@mister-smith/schema";
import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { givenRows, givenText } from "./given-messages.ts";
import type { CheckedMessage } from "./outgoing.ts";
import { recipientsOf } from "./recipients.ts";
import { sendError, sendFault } from "./send-fault.ts";

/** A message that was sent. */
export interface SentMessage {
  readonly messageId: string;
  /** When, to the millisecond; it narrows look-ups to one day. */
  readonly sentAt: Date;
  /** In how many inboxes it is, or 1 for a queue. 0: nobody of that type, nobody subscribed, or not delivered. */
  readonly recipients: number;
}

const sentRow = z.object({
  position: z.int(),
  messageId: z.guid(),
  sentAt: timestamp.nullable(),
  recipients: z.int(),
  fault: sendFault.nullable(),
  fromAgentId: z.string().nullable(),
  toAgentId: z.string().nullable(),
  channel: z.string().nullable(),
  channelType: z.string().nullable(),
});

/**
 * Sends checked messages in one statement: all of them, or none.
 *
 * Messages of one call get times a microsecond apart, so that they keep their order.
 *
 * @throws ClientError for the first message that cannot be sent
 */
export async function sendMessages(
  on: Executor,
  messages: readonly CheckedMessage[],
  what: (position: number) => string,
  options?: QueryOptions,
): Promise<readonly SentMessage[]> {
  if (messages.length === 0) return [];
  const rows = await on.write.any(sendStatement(messages, givenText(messages, what)), options);
  const sent = rows.map(({ messageId, sentAt, recipients, fault, ...of }) => {
    if (fault !== null) throw sendError(fault, of, messages.length > 1);
    return sentAt === null ? null : { messageId, sentAt, recipients };
  });
  return sent.filter((row) => row !== null);
}

/** The statement, for those who look at its plan. */
export function sendStatement(messages: readonly CheckedMessage[], text: string) {
  return sql.type(sentRow)`
    WITH given AS MATERIALIZED (
      SELECT g.* FROM ${givenRows(text)}
    ), known AS MATERIALIZED (
      SELECT r.agent_id, r.status FROM agents.registry AS r
      WHERE r.agent_id IN (SELECT g.from_agent_id FROM given AS g UNION ALL SELECT g.to_agent_id FROM given AS g)
      ORDER BY r.agent_id
      -- None of them is removed before the messages are there.
      FOR KEY SHARE OF r
    ), routed AS MATERIALIZED (
      SELECT
        g.position, g.message_id, g.from_agent_id, g.to_agent_id, g.broadcast_to_type, g.message_type, g.subject,
        -- A JSON null of a record set comes as NULL.
        COALESCE(g.payload, 'null'::JSONB) AS payload, g.headers, g.correlation_id, g.reply_to, g.priority,
        g.is_persistent, g.deliver,
        COALESCE(i.channel_id, n.channel_id) AS route_id,
        COALESCE(i.channel_type, n.channel_type) AS route_type,
        COALESCE(g.channel_name, i.channel_name, g.channel_id::TEXT) AS route_name,
        t.sent_at,
        COALESCE(g.expires_at, t.sent_at + g.expires_in_ms * INTERVAL '1 millisecond') AS expires_at,
        CASE
          WHEN g.from_agent_id IS NOT NULL AND f.agent_id IS NULL THEN 'unknown sender'
          WHEN g.to_agent_id IS NOT NULL AND a.agent_id IS NULL THEN 'unknown recipient'
          WHEN a.status = 'terminated' THEN 'terminated recipient'
          WHEN COALESCE(g.channel_id::TEXT, g.channel_name) IS NULL THEN NULL
          WHEN COALESCE(i.channel_id, n.channel_id) IS NULL THEN 'unknown channel'
          WHEN NOT COALESCE(i.is_active, n.is_active) THEN 'closed channel'
          WHEN COALESCE(i.channel_type, n.channel_type)::TEXT <> ALL (
            CASE
              WHEN g.to_agent_id IS NOT NULL THEN ARRAY['direct']
              WHEN g.broadcast_to_type IS NOT NULL THEN ARRAY['broadcast']
              ELSE ARRAY['topic', 'queue']
            END
          ) THEN 'wrong channel'
        END AS fault
      FROM given AS g
      CROSS JOIN LATERAL (
        SELECT COALESCE(
          g.sent_at, pg_catalog.statement_timestamp() + g.position * INTERVAL '1 microsecond'
        ) AS sent_at
      ) AS t
      LEFT JOIN known AS f ON f.agent_id = g.from_agent_id
      LEFT JOIN known AS a ON a.agent_id = g.to_agent_id
      LEFT JOIN messages.channels AS i ON i.channel_id = g.channel_id
      LEFT JOIN messages.channels AS n ON n.channel_name = g.channel_name
    ), sent AS (
      INSERT INTO messages.log (
        message_id, channel_id, channel_type, from_agent_id, to_agent_id, broadcast_to_type, message_type, subject,
        payload, headers, correlation_id, reply_to, sent_at, priority, expires_at, is_persistent
      )
      SELECT
        r.message_id, r.route_id, r.route_type, r.from_agent_id, r.to_agent_id, r.broadcast_to_type, r.message_type,
        r.subject, r.payload, r.headers, r.correlation_id, r.reply_to, r.sent_at, r.priority, r.expires_at,
        r.is_persistent
      FROM routed AS r
      WHERE NOT EXISTS (SELECT FROM routed AS x WHERE x.fault IS NOT NULL)
      RETURNING message_id, sent_at, priority, expires_at
    ), recipients AS (${recipientsOf(messages)}
    ), delivered AS (
      INSERT INTO messages.deliveries (message_id, sent_at, agent_id, queue_id, priority, expires_at)
      SELECT s.message_id, s.sent_at, e.agent_id, e.queue_id, s.priority, s.expires_at
      FROM recipients AS e
      JOIN sent AS s ON s.message_id = e.message_id
      JOIN routed AS r ON r.message_id = e.message_id AND r.deliver
      RETURNING message_id
    )
    SELECT
      r.position, r.message_id AS "messageId", s.sent_at AS "sentAt", COALESCE(d.recipients, 0) AS recipients,
      r.fault, r.from_agent_id AS "fromAgentId", r.to_agent_id AS "toAgentId", r.route_name AS channel,
      r.route_type AS "channelType"
    FROM routed AS r
    LEFT JOIN sent AS s ON s.message_id = r.message_id
    LEFT JOIN (
      SELECT d.message_id, pg_catalog.count(*)::INTEGER AS recipients FROM delivered AS d GROUP BY d.message_id
    ) AS d ON d.message_id = r.message_id
    ORDER BY r.fault IS NULL, r.position
  `;
}

/** How many messages one call takes: they are one statement, held in memory on both sides. */
export const mostMessages = 10_000;

const aList = z.array(z.unknown());

/**
 * Refuses what is no list, and more messages than one statement should hold.
 *
 * @throws ClientError `INVALID_INPUT`
 */
export function checkCount(messages: readonly unknown[]): void {
  parseInput(aList, messages, "the messages");
  if (messages.length <= mostMessages) return;
  throw new ClientError("INVALID_INPUT", `${messages.length} messages are too many for one call`, {
    hint: `Send at most ${mostMessages} at once; use a transaction where all or none must arrive.`,
  });
}
