import { messageType } from "@mister-smith/schema";
import { z } from "zod";
import { sql } from "../statement/sql.ts";
import type { SqlFragment } from "../statement/sql-tag.ts";
import { writtenTime } from "../time/time-input.ts";

/** Which messages of the log; every condition that is given must hold. */
export interface MessageFilter {
  readonly channelId?: string | undefined;
  /** What two agents said to each other, directly. */
  readonly conversation?: readonly [string, string] | undefined;
  readonly correlationId?: string | undefined;
  readonly fromAgentId?: string | undefined;
  readonly toAgentId?: string | undefined;
  readonly messageType?: z.output<typeof messageType> | undefined;
  /** Sent then or later. Days before are not read. */
  readonly since?: Date | undefined;
  /** Sent before. Days after are not read. */
  readonly until?: Date | undefined;
}

/** The zod schema of {@link MessageFilter}. */
export const messageFilter = {
  channelId: z.guid().optional(),
  conversation: z.tuple([z.guid(), z.guid()]).optional(),
  correlationId: z.guid().optional(),
  fromAgentId: z.guid().optional(),
  toAgentId: z.guid().optional(),
  messageType: messageType.optional(),
  since: writtenTime.optional(),
  until: writtenTime.optional(),
};

/** The condition on `messages.log AS l`. */
export function meetsFilter(filter: MessageFilter): SqlFragment {
  const { channelId, conversation, correlationId, fromAgentId, toAgentId, since, until } = filter;
  const all = sql.and([
    channelId !== undefined && sql.fragment`l.channel_id = ${channelId}::UUID`,
    conversation !== undefined && between(...conversation),
    correlationId !== undefined && sql.fragment`l.correlation_id = ${correlationId}::UUID`,
    fromAgentId !== undefined && sql.fragment`l.from_agent_id = ${fromAgentId}::UUID`,
    toAgentId !== undefined && sql.fragment`l.to_agent_id = ${toAgentId}::UUID`,
    filter.messageType !== undefined &&
      sql.fragment`l.message_type = ${filter.messageType}::public.message_type`,
    since !== undefined && sql.fragment`l.sent_at >= ${since.toISOString()}::TIMESTAMPTZ`,
    until !== undefined && sql.fragment`l.sent_at < ${until.toISOString()}::TIMESTAMPTZ`,
  ]);
  return sql.fragment`${all}`;
}

function between(one: string, other: string): SqlFragment {
  return sql.fragment`(
    (l.from_agent_id = ${one}::UUID AND l.to_agent_id = ${other}::UUID)
    OR (l.from_agent_id = ${other}::UUID AND l.to_agent_id = ${one}::UUID)
  )`;
}
