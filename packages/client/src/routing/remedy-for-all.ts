import { connectionRemedy } from "@mister-smith/errors";
import type { Server } from "../servers/server.ts";

/** What to do when every server has refused the connection for what only somebody can change; else undefined. */
export function remedyForAll(servers: readonly Server[]): string | undefined {
  const remedies = servers.map(({ monitor: { state } }) =>
    state.status === "down" ? connectionRemedy(state.error) : undefined,
  );
  return remedies.includes(undefined) ? undefined : remedies[0];
}

/**
 * Whether asking the servers again would find none. Of one that has answered before it is more likely that something is
 * being changed at this moment.
 */
export function isHopeless(servers: readonly Server[]): boolean {
  return (
    remedyForAll(servers) !== undefined && servers.every(({ monitor }) => monitor.state.answer === undefined)
  );
}
