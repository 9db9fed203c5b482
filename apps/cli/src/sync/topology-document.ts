import type { TopologyReport } from "@mister-smith/sync";

/** A report of the topology as JSON. */
export function topologyDocument({ state, steps, notes, features, durability }: TopologyReport) {
  const { cluster, clusterSize, account } = features;
  return {
    state,
    steps: steps.map((step) => ({
      ...step,
      differences: step.differences.map((one) => ({ ...one, refusal: one.refusal ?? null })),
      error: step.error?.toJSON() ?? null,
    })),
    notes,
    server: {
      ...features,
      cluster: cluster ?? null,
      clusterSize: clusterSize ?? null,
      account: {
        ...account,
        maxMemoryBytes: account.maxMemoryBytes ?? null,
        maxStorageBytes: account.maxStorageBytes ?? null,
      },
    },
    durability: {
      ...durability,
      holds: durability.holds ?? null,
      fsyncIntervalMs: durability.fsyncIntervalMs ?? null,
      warning: durability.warning ?? null,
    },
  };
}
