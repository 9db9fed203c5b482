import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { sql } from "../statement/sql.ts";
import { type ChannelReference, channelReference, isChannel, noChannel } from "./channel-reference.ts";
import { claimDeliveries } from "./claim-deliveries.ts";
import { noAgent } from "./no-agent.ts";
import { type ReceiveOptions, receiveOptions } from "./receive-options.ts";
import type { ReceivedMessage } from "./received-message.ts";

/** Hands an agent messages of its inbox. See `Messages.receive`. */
export async function receive(
  on: Executor,
  agentId: string,
  how: ReceiveOptions = {},
  options?: QueryOptions,
): Promise<readonly ReceivedMessage[]> {
  const agent = parseInput(z.guid(), agentId, "the agent");
  const messages = await claimDeliveries(
    on,
    {
      ...parseInput(receiveOptions, how, "the options of receive"),
      agentId: agent,
      source: sql.fragment`d.agent_id = ${agent}::UUID`,
    },
    options,
  );
  // Only who gets nothing asks whether that is because of a wrong identifier.
  if (messages.length === 0) await checkAgent(on, agent, options);
  return messages;
}

/** Hands an agent messages that wait in a queue. See `Messages.receiveFrom`. */
export async function receiveFrom(
  on: Executor,
  queue: ChannelReference,
  agentId: string,
  how: ReceiveOptions = {},
  options?: QueryOptions,
): Promise<readonly ReceivedMessage[]> {
  const agent = parseInput(z.guid(), agentId, "the agent");
  const channel = parseInput(channelReference, queue, "the queue");
  const messages = await claimDeliveries(
    on,
    {
      ...parseInput(receiveOptions, how, "the options of receive"),
      agentId: agent,
      source: sql.fragment`d.queue_id = (SELECT c.channel_id FROM messages.channels AS c WHERE ${isChannel(channel)})
        AND EXISTS (SELECT FROM agents.registry AS a WHERE a.agent_id = ${agent}::UUID)`,
    },
    options,
  );
  if (messages.length === 0) {
    await checkAgent(on, agent, options);
    await checkQueue(on, channel, options);
  }
  return messages;
}

async function checkAgent(on: Executor, agentId: string, options?: QueryOptions): Promise<void> {
  const exists = await on.write.exists(
    sql.type(z.object({}))`SELECT FROM agents.registry AS a WHERE a.agent_id = ${agentId}::UUID`,
    options,
  );
  if (!exists) throw noAgent(agentId);
}

async function checkQueue(on: Executor, queue: ChannelReference, options?: QueryOptions): Promise<void> {
  const type = await on.write.maybeOneFirst(
    sql.type(z.object({ type: z.string() }))`
      SELECT c.channel_type AS type FROM messages.channels AS c WHERE ${isChannel(queue)}
    `,
    options,
  );
  if (type === null) throw noChannel(queue);
  if (type === "queue") return;
  throw new ClientError(
    "WRONG_STATUS",
    `channel ${Object.values(queue).join()} is of type ${type}, not a queue`,
    {
      hint: "Messages of other channels come to the agent's inbox: use `messages.receive`.",
      details: { ...queue, channelType: type },
    },
  );
}
