import type { Channel, Message } from "@mister-smith/client";

/** Every type of a message, as options take them. */
export const messageTypes = [
  "command",
  "query",
  "response",
  "notification",
  "heartbeat",
  "error",
] as const satisfies readonly Message["messageType"][];

/** Every type of a channel. */
export const channelTypes = [
  "broadcast",
  "direct",
  "topic",
  "queue",
] as const satisfies readonly Channel["channelType"][];
