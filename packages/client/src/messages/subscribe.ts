import { messageType } from "@mister-smith/schema";
import { z } from "zod";
import { knownAgents } from "../agents/known-agents.ts";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { JsonInput } from "../json/json-input.ts";
import { jsonText } from "../json/json-text.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { textInput } from "../text/text-input.ts";
import { type ChannelReference, channelReference, isChannel, noChannel } from "./channel-reference.ts";
import { noAgent } from "./no-agent.ts";
import { subjectPattern } from "./subject.ts";
import { type Subscription, subscription } from "./subscription.ts";

/**
 * What else a message must be. Everything that is named must be contained in the message as JSONB's `@>` has it:
 * objects may have more keys, arrays more elements; `{}` asks for nothing.
 */
export interface SubscriptionFilters {
  readonly headers?: Readonly<Record<string, JsonInput>> | undefined;
  readonly payload?: JsonInput | undefined;
  readonly messageType?: z.output<typeof messageType> | undefined;
  readonly priority?: number | undefined;
  readonly fromAgentId?: string | undefined;
}

/** A subscription to make. */
export interface SubscribeInput {
  readonly agentId: string;
  /** The topic, by its identifier or its name. */
  readonly channelId?: string | undefined;
  readonly channelName?: string | undefined;
  /**
   * Which subjects: tokens between dots, `*` for one token, `>` at the end for one or more. A message without a
   * subject matches none. Default: every message of the topic.
   */
  readonly messagePattern?: string | null | undefined;
  /** Default: every message that the pattern matches. */
  readonly filters?: SubscriptionFilters | undefined;
}

const subscribeInput = z.strictObject({
  agentId: z.guid(),
  channelId: z.guid().optional(),
  channelName: textInput(255).optional(),
  messagePattern: subjectPattern.nullish(),
  filters: z
    .strictObject({
      headers: z.record(z.string(), z.unknown()).optional(),
      payload: z.unknown().optional(),
      messageType: messageType.optional(),
      priority: z.int().min(0).max(10).optional(),
      fromAgentId: z.guid().optional(),
    })
    .default({}),
});

/**
 * Has an agent get the messages of a topic that are published from now on.
 *
 * Subscribing again with the same pattern replaces the filters and wakes a subscription that slept. Several patterns
 * of one agent may match: it gets the message once.
 *
 * @throws ClientError `NOT_FOUND` when agent or channel do not exist, `WRONG_STATUS` when the channel is no topic,
 *   `INVALID_INPUT`
 */
export async function subscribe(
  on: Executor,
  input: SubscribeInput,
  options?: QueryOptions,
): Promise<Subscription> {
  const { agentId, channelId, channelName, ...given } = parseInput(subscribeInput, input, "the subscription");
  const which = parseInput(
    channelReference,
    channelId === undefined ? { channelName } : { channelId },
    "the channel to subscribe to",
  );
  const subscribed = await on.write.maybeOne(
    sql.type(subscription.row)`
      INSERT INTO messages.subscriptions AS s (agent_id, channel_id, message_pattern, filters)
      SELECT k.agent_id, c.channel_id, ${given.messagePattern ?? null}::TEXT,
        ${jsonText(storedFilters(given.filters), "the filters of the subscription")}::JSONB
      FROM messages.channels AS c CROSS JOIN (${knownAgents(agentId)}) AS k
      WHERE ${isChannel(which)} AND c.channel_type = 'topic'
      FOR KEY SHARE OF c
      ON CONFLICT (agent_id, channel_id, message_pattern)
        DO UPDATE SET filters = excluded.filters, is_active = TRUE
      RETURNING ${subscription.columns("s")}
    `,
    { ...options, idempotent: true },
  );
  return subscribed ?? (await refuseUnsubscribed(on, agentId, which, options));
}

/** Finds out why nothing was subscribed to, and throws that. */
async function refuseUnsubscribed(
  on: Executor,
  agentId: string,
  which: ChannelReference,
  options?: QueryOptions,
): Promise<never> {
  const isTopic = await on.write.maybeOneFirst(
    sql.type(z.object({ isTopic: z.boolean() }))`
      SELECT c.channel_type = 'topic' AS "isTopic" FROM messages.channels AS c WHERE ${isChannel(which)}
    `,
    options,
  );
  if (isTopic === null) throw noChannel(which);
  throw isTopic ? noAgent(agentId) : noTopic(Object.values(which).join());
}

// As they are compared with a message: an undefined filter is none.
function storedFilters(filters: z.output<typeof subscribeInput>["filters"]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

function noTopic(channel: string): ClientError {
  return new ClientError("WRONG_STATUS", `channel ${channel} is no topic, so nobody can subscribe to it`, {
    hint: "Take from a queue with `messages.receiveFrom`; direct messages and broadcasts need no subscription.",
    details: { channel },
  });
}
