import { randomUUID } from "node:crypto";
import { jsonText } from "../json/json-text.ts";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import type { CheckedMessage } from "./outgoing.ts";

/** Messages as one parameter, whatever their number. */
export function givenText(messages: readonly CheckedMessage[], what: (position: number) => string): string {
  return `[${messages.map((message, position) => oneText(message, position, what(position))).join(",")}]`;
}

/** The rows of {@link givenText}, for a FROM clause. */
export function givenRows(text: string): SqlFragment {
  return sql.fragment`pg_catalog.json_to_recordset(${text}::JSON) AS g (
    position INTEGER, message_id UUID, channel_id UUID, channel_name TEXT, from_agent_id UUID, to_agent_id UUID,
    broadcast_to_type TEXT, message_type public.message_type, subject TEXT, payload JSONB, headers JSONB,
    correlation_id UUID, reply_to TEXT, priority INTEGER, expires_at TIMESTAMPTZ, expires_in_ms DOUBLE PRECISION,
    is_persistent BOOLEAN, sent_at TIMESTAMPTZ, deliver BOOLEAN
  )`;
}

// Payload and headers are checked and written once; the rest goes around them.
function oneText(message: CheckedMessage, position: number, what: string): string {
  const row = JSON.stringify({
    position,
    message_id: randomUUID(),
    channel_id: message.channelId,
    channel_name: message.channelName,
    from_agent_id: message.fromAgentId,
    to_agent_id: "toAgentId" in message ? message.toAgentId : undefined,
    broadcast_to_type: "broadcastToType" in message ? message.broadcastToType : undefined,
    message_type: message.messageType,
    subject: message.subject,
    correlation_id: message.correlationId,
    reply_to: message.replyTo,
    priority: message.priority,
    expires_at: message.expiresAt,
    expires_in_ms: message.expiresInMs,
    is_persistent: message.isPersistent,
    sent_at: message.sentAt,
    deliver: message.deliver,
  });
  const payload = jsonText(message.payload, `the payload of ${what}`);
  const headers = jsonText(message.headers, `the headers of ${what}`);
  return `${row.slice(0, -1)},"payload":${payload},"headers":${headers}}`;
}
