import type { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import {
  type BroadcastMessage,
  broadcastMessage,
  type CheckedMessage,
  type DirectMessage,
  directMessage,
  type PublishedMessage,
  publishedMessage,
} from "./outgoing.ts";
import { type SentMessage, sendMessages } from "./send-messages.ts";

/** Sends a message to one agent. See `Messages.send`. */
export async function sendMessage(
  on: Executor,
  input: DirectMessage,
  options?: QueryOptions,
): Promise<SentMessage> {
  return await sendOne(on, directMessage, input, options);
}

/** Sends a message to all agents of a type. See `Messages.broadcast`. */
export async function broadcastToType(
  on: Executor,
  input: BroadcastMessage,
  options?: QueryOptions,
): Promise<SentMessage> {
  return await sendOne(on, broadcastMessage, input, options);
}

/** Publishes a message on a topic or queue. See `Messages.publish`. */
export async function publishMessage(
  on: Executor,
  input: PublishedMessage,
  options?: QueryOptions,
): Promise<SentMessage> {
  return await sendOne(on, publishedMessage, input, options);
}

async function sendOne(
  on: Executor,
  schema: z.ZodType<CheckedMessage>,
  input: unknown,
  options?: QueryOptions,
): Promise<SentMessage> {
  const message = parseInput(schema, input, "the message");
  const [sent] = await sendMessages(on, [message], () => "the message", options);
  if (sent !== undefined) return sent;
  throw new ClientError("UNEXPECTED_ROW", "the server did not say that it has the message");
}
