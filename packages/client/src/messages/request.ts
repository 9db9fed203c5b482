import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { checkOutgoing } from "./check-outgoing.ts";
import type { OutgoingMessage } from "./outgoing.ts";
import { type SentMessage, sendMessages } from "./send-messages.ts";

/** A request: a message of any kind that names who asks. `messageType` is `query` unless given. */
export type RequestMessage = OutgoingMessage & { readonly fromAgentId: string };

/** A request that was sent; give it to `awaitReply` or `replies`. */
export interface SentRequest extends SentMessage {
  readonly correlationId: string;
}

const anObject = z.looseObject({});

/** Sends a message that asks for a response. See `Messages.request`. */
export async function request(
  on: Executor,
  input: RequestMessage,
  options?: QueryOptions,
): Promise<SentRequest> {
  parseInput(anObject, input, "the request");
  const correlationId = input.correlationId ?? randomUUID();
  const message = checkOutgoing(
    { ...input, messageType: input.messageType ?? "query", correlationId },
    "the request",
  );
  if (message.fromAgentId == null) {
    throw new ClientError("INVALID_INPUT", "the request names no fromAgentId, so nobody could answer it", {
      hint: "Give the agent that asks.",
    });
  }
  const [sent] = await sendMessages(on, [message], () => "the request", options);
  if (sent !== undefined) return { ...sent, correlationId };
  throw new ClientError("UNEXPECTED_ROW", "the server did not say that it has the request");
}
