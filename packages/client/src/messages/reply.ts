import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";
import { parseInput } from "../errors/parse-input.ts";
import type { Executor } from "../executor/executor.ts";
import type { QueryOptions } from "../queryable/query-options.ts";
import { checkOutgoing } from "./check-outgoing.ts";
import type { MessageContent } from "./message.ts";
import type { OutgoingContent } from "./outgoing.ts";
import { type SentMessage, sendMessages } from "./send-messages.ts";

/** What of a message is needed to answer it. */
export type AnsweredMessage = Pick<
  MessageContent,
  "messageId" | "fromAgentId" | "correlationId" | "replyTo" | "subject"
>;
/** What a reply says. */
export interface ReplyContent extends Omit<OutgoingContent, "correlationId" | "replyTo" | "messageType"> {
  /** What `awaitReply` and `replies` take for an answer. Default: `response`. */
  readonly messageType?: "response" | "error" | undefined;
}

const answered = z.looseObject({
  messageId: z.guid(),
  fromAgentId: z.guid().nullish(),
  correlationId: z.guid().nullish(),
  replyTo: z.string().nullish(),
  subject: z.string().nullish(),
});
const anObject = z.looseObject({});
const replyType = z.enum(["response", "error"]).default("response");

/** Answers a message. See `Messages.reply`. */
export async function reply(
  on: Executor,
  to: AnsweredMessage,
  content: ReplyContent,
  options?: QueryOptions,
): Promise<SentMessage> {
  parseInput(answered, to, "the message to answer");
  parseInput(anObject, content, "the reply");
  const message = checkOutgoing(
    {
      ...content,
      ...destinationOf(to),
      messageType: parseInput(replyType, content.messageType, "the messageType of the reply"),
      subject: content.subject === undefined ? to.subject : content.subject,
      // Who asked without a correlation still knows the message that was asked.
      correlationId: to.correlationId ?? to.messageId,
    },
    "the reply",
  );
  const [sent] = await sendMessages(on, [message], () => "the reply", options);
  if (sent !== undefined) return sent;
  throw new ClientError("UNEXPECTED_ROW", "the server did not say that it has the reply");
}

function destinationOf(to: AnsweredMessage): { toAgentId: string } | { channelName: string } {
  if (to.replyTo != null) return { channelName: to.replyTo };
  if (to.fromAgentId != null) return { toAgentId: to.fromAgentId };
  throw new ClientError(
    "INVALID_INPUT",
    `message ${to.messageId} has neither sender nor replyTo to answer to`,
    {
      hint: "Send a message to whom it concerns with `messages.send`.",
      details: { messageId: to.messageId },
    },
  );
}
