import { messagesChannelsRow } from "@mister-smith/schema";
import type { z } from "zod";
import { entity } from "../statement/entity.ts";

/** A channel: what messages go through. */
export const channel = entity(messagesChannelsRow);
/** A channel: what messages go through. */
export type Channel = z.output<typeof channel.row>;
/**
 * How a channel delivers: `direct` to one agent, `broadcast` to all of a type, `topic` to whoever subscribed, `queue`
 * to one of those who take from it.
 */
export type ChannelType = Channel["channelType"];
