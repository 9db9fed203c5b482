import type { PoolHealth } from "@mister-smith/client";

/** What to do next about a pool that is not healthy; undefined for one that is. */
export function healthAdvice({ pool, healthy, reachable, role }: PoolHealth): string | undefined {
  if (healthy) return undefined;
  const writes = pool === "primary" || pool === "background";
  if (!reachable) {
    return writes
      ? "Start it, or promote a replica and name it in database.addresses: running applications find it by themselves."
      : "Start it: it is taken again by itself. Reads go to the other replicas and the primary meanwhile.";
  }
  if (writes && role === "replica")
    return "Promote it, or name the server that takes writes in database.addresses.";
  if (role === "replica") return "Look with `smith db lag` at what it still has to receive and to replay.";
  if (role === "primary")
    return "Two servers take writes: stop the old primary before anything writes to it, and rebuild it as a replica.";
  return undefined;
}
