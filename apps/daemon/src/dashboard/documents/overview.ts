import type { EffectiveConfig } from "@mister-smith/cli/config";
import type { RoleService } from "@mister-smith/sync";
import type { Exposition } from "../history/exposition.ts";
import { type Gathered, type GatherSources, gatherer } from "./gather.ts";
import { type OverviewDocument, overviewDocument } from "./overview-document.ts";
import { pipesOf, roleOf } from "./pipes.ts";
import { queueOf } from "./queue-of.ts";
import { jetstreamOf, postgresOf } from "./stores.ts";
import { summary } from "./summary.ts";

/** What the overview is made of. */
export interface OverviewSources extends GatherSources {
  readonly config: EffectiveConfig;
  readonly version: string;
  readonly holder: string;
  readonly parts: () => readonly RoleService[];
  /** What the lines of a chart are now. */
  readonly latest: (chart: string) => readonly (number | null)[];
}

/** Makes the document `overview`; what cannot be known now is null in it, and never keeps the rest from being told. */
export function overviewOf(sources: OverviewSources): () => Promise<OverviewDocument> {
  const { config, version, holder, parts, latest } = sources;
  const { roles, stuckAfterMs } = config.values.daemon;
  const startedAt = new Date().toISOString();
  const gather = gatherer(sources);
  return async () => {
    const gathered = await gather();
    const { readiness, shown, by, leaders, alerts } = gathered;
    const facts = { parts: parts(), leaders, stuckAfterSeconds: stuckAfterMs / 1_000 };
    const [flush = null, relay = null] = latest("throughput");
    const [transactions = null] = latest("transactions");
    const pipes = pipesOf(facts, gathered, { flush, relay });
    const document: OverviewDocument = {
      at: new Date().toISOString(),
      ...summary(readiness, pipes, firingOf(alerts)),
      daemon: { version, holder, startedAt, ready: readiness.ready },
      postgres: postgresOf(gathered, transactions),
      jetstream: jetstreamOf(gathered),
      pipes: [...pipes],
      deadLetters: deadLettersOf(shown),
      roles: roles.map((role) => roleOf(facts, role)),
      alerts: countsOf(alerts),
      queue: queueOf(shown),
      measuredBy: by,
    };
    return overviewDocument.parse(document);
  };
}

function firingOf(alerts: Gathered["alerts"] = []) {
  return alerts
    .filter(({ state }) => state === "firing")
    .map(({ metric_name: metric, severity }) => ({ metric, severity }));
}

function countsOf(alerts: Gathered["alerts"]): OverviewDocument["alerts"] {
  if (alerts === undefined) return null;
  const firing = firingOf(alerts);
  return {
    firing: firing.length,
    critical: firing.filter(({ severity }) => severity === "critical").length,
    pending: alerts.filter(({ state }) => state === "pending").length,
  };
}

// They are counted together with the lag of the relay: where that is told and none of them is, there are none.
function deadLettersOf(shown: Exposition): OverviewDocument["deadLetters"] {
  if (!shown.has("smith_sync_relay_lag_seconds")) return null;
  const samples = shown.get("smith_sync_dead_letters")?.samples ?? [];
  return samples.map(({ labels, value }) => ({ pipe: labels["pipe"] ?? "", count: value }));
}
