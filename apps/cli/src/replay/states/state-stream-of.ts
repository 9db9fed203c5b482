import type { Context } from "../../context.ts";
import type { StateStreamOptions } from "./state-stream-options.ts";

/**
 * The configured way of agents' state through JetStream; undefined where it is to be written by SQL.
 *
 * @param state what `--state` says
 * @throws SmithError `NO_NATS_URL` when it is to go through JetStream and no NATS is known
 */
export async function stateStreamOf(
  context: Context,
  state: "stored" | "durable" | "sql" | undefined,
): Promise<StateStreamOptions | undefined> {
  const { nats, sync, daemon } = (await context.config()).values;
  if (state === "sql" || (state === undefined && nats.url === undefined)) return undefined;
  return {
    servers: await context.natsUrl(),
    sync,
    durability: state ?? "stored",
    connectTimeoutMs: nats.connectTimeoutMs,
    leaseTtlMs: daemon.leaseTtlMs,
  };
}
