import type { NatsLink } from "../../src/nats/nats-link.ts";

/**
 * Does what takes the server away and brings it back, and resolves when the link is on it again. A request that is
 * sent before that is lost, and is waited for until its time is over.
 */
export async function backOnServer(link: NatsLink, restart: () => Promise<void>): Promise<void> {
  const statuses = link.connection.status();
  await restart();
  for await (const { type } of statuses) if (type === "reconnect") return;
  throw new Error("the link was closed");
}
