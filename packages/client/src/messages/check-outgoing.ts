import { parseInput } from "../errors/parse-input.ts";
import {
  broadcastMessage,
  type CheckedMessage,
  directMessage,
  type OutgoingMessage,
  publishedMessage,
} from "./outgoing.ts";

/**
 * Checks one of several messages: its keys say of which kind it is.
 *
 * @throws ClientError `INVALID_INPUT`
 */
export function checkOutgoing(message: OutgoingMessage, what: string): CheckedMessage {
  if (!isObject(message)) return parseInput(directMessage, message, what);
  if ("toAgentId" in message) return parseInput(directMessage, message, what);
  if ("broadcastToType" in message) return parseInput(broadcastMessage, message, what);
  return parseInput(publishedMessage, message, what);
}

function isObject(message: unknown): message is object {
  return typeof message === "object" && message !== null;
}
