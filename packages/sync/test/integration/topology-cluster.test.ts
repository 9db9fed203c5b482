import { type EmbeddedNatsCluster, startNatsCluster } from "@mister-smith/embedded";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { connectNats, ensureTopology, type NatsLink, serverFeatures, syncConfig } from "../../src/index.ts";

let cluster: EmbeddedNatsCluster;
let link: NatsLink;

beforeAll(async () => {
  const jetstream = { max_file_store: 20 * 1024 ** 3, max_memory_store: 1024 ** 3 };
  cluster = await startNatsCluster({ settings: { jetstream } });
  // Short, because nobody answers for a stream while its leader is elected.
  link = await connectNats({ servers: cluster.url, timeoutMs: 1_500 });
});

afterAll(async () => {
  await link?.close();
  await cluster?.stop();
});

const replicasOf = async (stream: string) => (await link.manager.streams.info(stream)).config.num_replicas;

describe("the topology in a cluster of three", () => {
  it("has three replicas of what is on disk, also when several set it up at once, and then the machine may die", async () => {
    const links = await Promise.all(
      cluster.urls.map((servers) => connectNats({ servers, timeoutMs: 20_000 })),
    );
    try {
      const reports = await Promise.all(
        links.map((one) => ensureTopology(one, syncConfig.parse({}), { apply: true })),
      );
      for (const { state, notes, durability } of reports) {
        expect(state).toBe("ready");
        expect(notes.filter((note) => note.includes("replica"))).toEqual([]);
        expect(durability).toMatchObject({ holds: true, dependent: [], warning: undefined });
      }
    } finally {
      await Promise.all(links.map((one) => one.close()));
    }
    for (const stream of [
      "AGENT_STATE",
      "TASK_EXECUTION",
      "KV_SESSION_DATA",
      "KV_AGENT_STATE",
      "KV_AGENT_CONFIG",
    ])
      expect(await replicasOf(stream)).toBe(3);
    for (const stream of ["AGENT_MESSAGES", "KV_QUERY_CACHE"]) expect(await replicasOf(stream)).toBe(1);
    expect((await serverFeatures(link)).clusterSize).toBe(3);
    const again = await ensureTopology(link, syncConfig.parse({}), { apply: true });
    expect(new Set(again.steps.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
  });

  it("gets its replicas in place, and says when there are not as many servers", async () => {
    await link.manager.streams.update("KV_AGENT_STATE", { num_replicas: 1 });
    await link.js.publish("$KV.AGENT_STATE.a.key", "1");
    const report = await ensureTopology(link, syncConfig.parse({}), { apply: true });
    expect(report.steps.filter(({ outcome }) => outcome === "applied")).toMatchObject([
      { name: "AGENT_STATE", kind: "bucket", differences: [{ setting: "replicas", found: 1, wanted: 3 }] },
    ]);
    const kept = () => link.manager.streams.getMessage("KV_AGENT_STATE", { seq: 1 });
    await vi.waitFor(async () => expect((await kept())?.string()).toBe("1"), 20_000);

    const five = syncConfig.parse({ buckets: { agentState: { replicas: 5 } } });
    const refused = await ensureTopology(link, five, { apply: true });
    expect(refused.state).toBe("refused");
    expect(refused.steps.find(({ stream }) => stream === "KV_AGENT_STATE")).toMatchObject({
      outcome: "failed",
      error: { message: expect.stringContaining("update the bucket AGENT_STATE") },
    });
    expect(await replicasOf("KV_AGENT_STATE")).toBe(3);
  });

  it("is looked after while a server is down: nothing loses a replica, and what was on that server only is told", async () => {
    const lost = (await link.manager.streams.info("KV_QUERY_CACHE")).cluster?.leader;
    const down = cluster.nodes.find(({ serverName }) => serverName === lost);
    const up = cluster.nodes.filter((node) => node !== down).map(({ url }) => url);
    await using other = await connectNats({ servers: up, timeoutMs: 1_500 });
    await down?.kill();
    const report = await vi.waitFor(async () => {
      const looked = await ensureTopology(other, syncConfig.parse({}), { apply: true });
      const onOne = ["QUERY_CACHE", "AGENT_MESSAGES", "message-batch-processor"];
      for (const { name, outcome } of looked.steps)
        if (!onOne.includes(name)) expect(outcome).toBe("unchanged");
      return looked;
    }, 40_000);
    expect(report.state).toBe("refused");
    expect(report.steps.find(({ name }) => name === "QUERY_CACHE")).toMatchObject({
      action: "unknown",
      outcome: "failed",
      error: { code: "NATS_UNREACHABLE", retryable: true },
    });
    expect((await other.manager.streams.info("KV_AGENT_STATE")).config.num_replicas).toBe(3);
  });
});
