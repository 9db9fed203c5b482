import { SmithError } from "@mister-smith/errors";
import type { FoundNats } from "./found-nats.ts";
import type { SyncInterval } from "./start-nats-options.ts";

/**
 * What the server will do: what was asked for, or the safest that it can.
 *
 * @throws SmithError `NATS_FEATURE_MISSING` when `always` was asked for and the server is too old for it
 */
export function chooseSyncInterval(nats: FoundNats, wanted: SyncInterval | undefined): SyncInterval {
  if (wanted === "server-default") return wanted;
  if (canSyncAlways(nats.version.full)) return "always";
  if (wanted === undefined) return "server-default";
  throw new SmithError(
    "NATS_FEATURE_MISSING",
    `nats-server ${nats.version.full} has no sync_interval: it flushes to disk every two minutes`,
    {
      hint: "Install nats-server 2.10 or newer, or leave the option syncInterval out and accept that.",
      details: { version: nats.version.full, wanted },
    },
  );
}

function canSyncAlways(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return major > 2 || (major === 2 && minor >= 10);
}
