import { describe, expect, it } from "vitest";
import { judgeDurability } from "./durability.ts";
import { featuresLacking, type ServerFeatures } from "./server-features.ts";
import { defaultTopology, type StreamSpec } from "./topology.ts";

const features = (version: string, clusterSize: number | undefined = 1): ServerFeatures => ({
  version,
  serverName: "one",
  serverId: "N1",
  jetStream: true,
  cluster: clusterSize === 1 ? undefined : "c",
  clusterSize,
  maxPayloadBytes: 1,
  account: { maxMemoryBytes: undefined, maxStorageBytes: undefined, memoryBytes: 0, storageBytes: 0 },
  lacks: featuresLacking(version),
});

const withReplicas = (replicas: number): StreamSpec[] =>
  Object.values(defaultTopology().buckets).map((spec) => ({
    ...spec,
    settings: { ...spec.settings, replicas },
  }));
const always = (serverId: string) => ({ serverId, always: true, intervalMs: 120_000 });

describe("what an acknowledgement is worth", () => {
  it("is the machine's life with three replicas, whatever the servers do", () => {
    expect(judgeDurability(withReplicas(3), features("2.9.10", 3), [])).toMatchObject({
      holds: true,
      warning: undefined,
    });
  });

  it("is two minutes on one server before 2.10, and what to do is said", () => {
    const { holds, warning, fsyncIntervalMs, dependent } = judgeDurability(
      withReplicas(1),
      features("2.9.10"),
      [],
    );
    expect({ holds, fsyncIntervalMs }).toEqual({ holds: false, fsyncIntervalMs: 120_000 });
    expect(warning).toMatch(/writes to disk every 120 s.*nats-server 2\.10 or newer/);
    expect(dependent).toEqual([
      "the bucket SESSION_DATA",
      "the bucket AGENT_STATE",
      "the bucket AGENT_CONFIG",
    ]);
  });

  it("is not known where no page of this server was read", () => {
    for (const servers of [[], [always("another")]]) {
      const { holds, fsync, warning } = judgeDurability(withReplicas(1), features("2.10.1"), servers);
      expect({ holds, fsync }).toEqual({ holds: undefined, fsync: "unknown" });
      expect(warning).toContain("sync.monitoringUrls");
    }
  });

  it("holds where the server writes before it acknowledges, in a cluster each of them", () => {
    const judge = (size: number | undefined, ...servers: Parameters<typeof judgeDurability>[2]) =>
      judgeDurability(withReplicas(1), features("2.10.1", size), servers);
    expect(judge(1, always("N1"))).toMatchObject({ holds: true, fsync: "always", warning: undefined });
    expect(judge(3, always("N1"), always("N2"))).toMatchObject({ holds: undefined });
    expect(judge(3, always("N1"), always("N2"), always("N3"))).toMatchObject({ holds: true });
    const slow = { serverId: "N2", always: false, intervalMs: 10_000 };
    expect(judge(3, always("N1"), slow)).toMatchObject({
      holds: false,
      fsync: "interval",
      fsyncIntervalMs: 10_000,
    });
  });
});
