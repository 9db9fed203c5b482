import { z } from "zod";
import { ClientError, type ClientErrorCode } from "../errors/client-error.ts";

/** Why a message cannot be sent, as the statement finds out. */
export const sendFault = z.enum([
  "unknown sender",
  "unknown recipient",
  "terminated recipient",
  "unknown channel",
  "closed channel",
  "wrong channel",
]);
/** Why a message cannot be sent. */
export type SendFault = z.output<typeof sendFault>;

/** Who and what the fault is about. */
export interface FaultyMessage {
  readonly position: number;
  readonly fromAgentId: string | null;
  readonly toAgentId: string | null;
  readonly channel: string | null;
  readonly channelType: string | null;
}

const explanations: Readonly<
  Record<SendFault, (of: FaultyMessage) => readonly [ClientErrorCode, string, string]>
> = {
  "unknown sender": ({ fromAgentId }) => [
    "NOT_FOUND",
    `agent ${fromAgentId}, the sender, does not exist`,
    "Register the agent first, or leave the sender out.",
  ],
  "unknown recipient": ({ toAgentId }) => [
    "NOT_FOUND",
    `agent ${toAgentId}, the recipient, does not exist`,
    "Register the agent first.",
  ],
  "terminated recipient": ({ toAgentId }) => [
    "WRONG_STATUS",
    `agent ${toAgentId}, the recipient, is terminated and reads no messages`,
    "Send it to another agent, or set the agent's status.",
  ],
  "unknown channel": ({ channel }) => [
    "NOT_FOUND",
    `channel ${channel} does not exist`,
    "Open it with `messages.openChannel`.",
  ],
  "closed channel": ({ channel }) => [
    "WRONG_STATUS",
    `channel ${channel} is closed`,
    "Open it again with `messages.changeChannel`.",
  ],
  "wrong channel": ({ channel, channelType }) => [
    "INVALID_INPUT",
    `channel ${channel} is of type ${channelType}, which takes no message of this kind`,
    "A direct channel takes `send`, a broadcast channel `broadcast`, a topic or queue `publish`.",
  ],
};

/** The error for a message that cannot be sent. */
export function sendError(fault: SendFault, of: FaultyMessage, isOneOfMany: boolean): ClientError {
  const [code, message, hint] = explanations[fault](of);
  return new ClientError(code, isOneOfMany ? `message ${of.position}: ${message}` : message, {
    hint: isOneOfMany ? `${hint} None of the messages was sent.` : hint,
    details: { ...of },
  });
}
