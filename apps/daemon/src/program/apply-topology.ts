import type { EffectiveConfig } from "@mister-smith/cli/config";
import { ensureTopology, type NatsLink, stateBucket } from "@mister-smith/sync";
import type { Log } from "../log.ts";

/**
 * Creates what is missing of the streams, buckets and consumers, and updates what the server can change in place.
 *
 * @throws SyncError what the server said of the first step that failed
 */
export async function applyTopology(
  link: NatsLink,
  config: EffectiveConfig,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { sync } = config.values;
  const report = await ensureTopology(link, sync, {
    apply: true,
    monitoringUrls: sync.monitoringUrls,
    signal,
  });
  for (const { kind, name, outcome, error } of report.steps)
    if (outcome !== "unchanged" && outcome !== "pending")
      log.info({ kind, name, outcome, error }, "topology");
  // Without the bucket of state there is nothing to do; one stream that is missing stops nothing else.
  const state = report.steps.find(({ name, error }) => name === stateBucket && error !== undefined);
  if (state?.error !== undefined) throw state.error;
}
