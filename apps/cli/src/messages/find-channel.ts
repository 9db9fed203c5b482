import type { Channel, Database } from "@mister-smith/client";
import { NotFound } from "../not-found.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The channel of a name, or an id. */
export async function findChannel(
  { messages }: Database,
  named: string,
  signal: AbortSignal,
): Promise<Channel> {
  const byId = uuid.test(named) ? await messages.getChannel({ channelId: named }, { signal }) : null;
  const found = byId ?? (await messages.getChannel({ channelName: named }, { signal }));
  if (found !== null) return found;
  throw new NotFound("channel", named, "`smith messages channels` shows the channels that there are.");
}
