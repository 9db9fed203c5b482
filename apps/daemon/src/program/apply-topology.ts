import type { EffectiveConfig } from "@mister-smith/cli/config";
import {
  ensureTopology,
  type NatsLink,
  SyncError,
  stateBucket,
  type TopologyOutcome,
} from "@mister-smith/sync";
import type { Log } from "../log.ts";

/**
 * Creates what is missing of the streams, buckets and consumers, and updates what the server can change in place.
 *
 * @throws SyncError what the server said of the bucket of state; `TOPOLOGY` when that bucket may drop what was never
 *   flushed and cannot be set right
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
  for (const step of report.steps) tell(step, log);
  // Without the bucket of state there is nothing to do; one stream that is missing stops nothing else.
  const state = report.steps.find(({ kind, name }) => kind === "bucket" && name === stateBucket);
  if (state?.error !== undefined) throw state.error;
  if (state !== undefined && mayLose(state)) throw losingBucket(state);
}

function tell({ kind, name, outcome, error, reasons, differences }: TopologyOutcome, log: Log): void {
  if (outcome === "unchanged" || outcome === "pending") return;
  const settings = differences.map(({ setting }) => setting);
  if (outcome === "applied") log.info({ kind, name, outcome, settings }, "topology");
  else log.warn({ kind, name, outcome, settings, reasons, error }, "topology");
}

/** What makes a bucket drop values that nobody has flushed. */
const losing: ReadonlySet<string> = new Set([
  "storage",
  "retention",
  "discard",
  "maxAgeMs",
  "maxMessages",
  "noAck",
  "subjects",
]);

function mayLose({ outcome, differences }: TopologyOutcome): boolean {
  return outcome === "refused" && differences.some(({ setting }) => losing.has(setting));
}

function losingBucket({ name, differences, reasons }: TopologyOutcome): SyncError {
  const found = differences.filter(({ setting }) => losing.has(setting));
  const what = found.map((one) => `${one.setting} is ${one.found}, not ${one.wanted}`).join(", ");
  return new SyncError("TOPOLOGY", `the bucket ${name} may drop what was never flushed: ${what}`, {
    hint: "`smith sync verify --repair` brings what it holds to PostgreSQL; then delete it, and it is made as it is to be.",
    details: { name, reasons },
  });
}
