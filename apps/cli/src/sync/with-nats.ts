import { connectNats, type NatsLink } from "@mister-smith/sync";
import type { Context } from "../context.ts";

/**
 * Works with the configured NATS and closes the connection whatever happens. A command is over soon: it waits for no
 * server that goes away, and Ctrl-C closes the connection under what is under way.
 *
 * @throws SyncError `NATS_UNREACHABLE`
 */
export async function withNats<Result>(
  context: Context,
  work: (link: NatsLink) => Promise<Result>,
): Promise<Result> {
  const { connectTimeoutMs } = (await context.config()).values.nats;
  const servers = await context.natsUrl();
  context.signal.throwIfAborted();
  await using link = await connectNats({
    servers,
    name: "smith",
    timeoutMs: connectTimeoutMs,
    connection: { reconnect: false },
  });
  const close = () => void link.close();
  context.signal.addEventListener("abort", close, { once: true });
  try {
    return await work(link);
  } finally {
    context.signal.removeEventListener("abort", close);
  }
}
