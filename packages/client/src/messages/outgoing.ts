import { messageType } from "@mister-smith/schema";
import { z } from "zod";
import type { JsonInput } from "../json/json-input.ts";
import { textInput } from "../text/text-input.ts";
import { longestMs, writtenTime } from "../time/time-input.ts";
import { subject } from "./subject.ts";

/** What is said, whoever it is for. */
export interface OutgoingContent {
  /** The agent that says it. Default: none. */
  readonly fromAgentId?: string | null | undefined;
  /** What it is for. Default: `notification`. */
  readonly messageType?: z.output<typeof messageType> | undefined;
  /** What it is about: tokens between dots, at most 255 characters. */
  readonly subject?: string | null | undefined;
  /** What it says; any JSON. Default: `{}`. */
  readonly payload?: JsonInput | undefined;
  /** What travels beside it; a JSON object. Default: `{}`. */
  readonly headers?: Readonly<Record<string, JsonInput>> | undefined;
  /** What joins it to other messages; a UUID. */
  readonly correlationId?: string | null | undefined;
  /** The name of the channel that a response is to go to. Default: directly to `fromAgentId`. */
  readonly replyTo?: string | null | undefined;
  /** From 0 to 10, the most urgent. Default: 0. */
  readonly priority?: number | undefined;
  /** Not delivered from then on. Years 1 to 9999, as for all times of messages. */
  readonly expiresAt?: Date | null | undefined;
  /** Not delivered after this long, in milliseconds by the server's clock; a thousand years at most. */
  readonly expiresInMs?: number | undefined;
  /** Whether it must outlive a restart of the fast store. Default: true. */
  readonly isPersistent?: boolean | undefined;
  /** When it was sent, for records of the past. Default: the server's clock now. */
  readonly sentAt?: Date | undefined;
  /** False only records it: it stands in the history and in no inbox. Default: true. */
  readonly deliver?: boolean | undefined;
}

/** A channel by its identifier or its name; none where none is needed. */
export interface ThroughChannel {
  readonly channelId?: string | undefined;
  readonly channelName?: string | undefined;
}

/** A message to one agent; the channel, if any, is of type `direct`. */
export interface DirectMessage extends OutgoingContent, ThroughChannel {
  readonly toAgentId: string;
}
/** A message to all agents of a type but the sender; the channel, if any, is of type `broadcast`. */
export interface BroadcastMessage extends OutgoingContent, ThroughChannel {
  readonly broadcastToType: string;
}
/** A message to whoever subscribed to a topic, or to one of those who take from a queue. */
export interface PublishedMessage extends OutgoingContent, ThroughChannel {}

/** A message of any of the three kinds. */
export type OutgoingMessage = DirectMessage | BroadcastMessage | PublishedMessage;

const content = {
  fromAgentId: z.guid().nullish(),
  messageType: messageType.default("notification"),
  subject: subject.nullish(),
  payload: z.unknown().default({}),
  headers: z.record(z.string(), z.unknown()).default({}),
  correlationId: z.guid().nullish(),
  replyTo: textInput(255).nullish(),
  priority: z.int().min(0).max(10).default(0),
  expiresAt: writtenTime.nullish(),
  expiresInMs: z.number().positive().max(longestMs).optional(),
  isPersistent: z.boolean().default(true),
  sentAt: writtenTime.optional(),
  deliver: z.boolean().default(true),
};
const channel = { channelId: z.guid().optional(), channelName: textInput(255).optional() };

/** The zod schema of {@link DirectMessage}. */
export const directMessage = z.strictObject({ ...content, ...channel, toAgentId: z.guid() });
/** The zod schema of {@link BroadcastMessage}. */
export const broadcastMessage = z.strictObject({ ...content, ...channel, broadcastToType: textInput(50) });
/** The zod schema of {@link PublishedMessage}. */
export const publishedMessage = z
  .strictObject({ ...content, ...channel })
  .refine(({ channelId, channelName }) => (channelId === undefined) !== (channelName === undefined), {
    message: "either channelId or channelName says where it goes",
  });

/** A checked message. */
export type CheckedMessage =
  | z.output<typeof directMessage>
  | z.output<typeof broadcastMessage>
  | z.output<typeof publishedMessage>;
