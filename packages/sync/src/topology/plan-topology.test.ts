import { describe, expect, it } from "vitest";
import { fixedConsumerSettings } from "./consumer-settings.ts";
import { fitTopology } from "./fit-topology.ts";
import type { FoundConsumer, FoundStream, FoundTopology } from "./found-topology.ts";
import { planTopology } from "./plan-topology.ts";
import { featuresLacking, type ServerFeatures } from "./server-features.ts";
import type { StreamSettings } from "./stream-settings.ts";
import { defaultTopology } from "./topology.ts";

const now = new Date("2026-01-01T12:00:00Z");
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000);

function server(version: string, cluster?: string): ServerFeatures {
  return {
    version,
    serverName: "one",
    serverId: "N1",
    jetStream: true,
    cluster,
    clusterSize: cluster === undefined ? 1 : 3,
    maxPayloadBytes: 1_048_576,
    account: { maxMemoryBytes: undefined, maxStorageBytes: undefined, memoryBytes: 0, storageBytes: 0 },
    lacks: featuresLacking(version),
  };
}

const wanted = fitTopology(defaultTopology(), server("2.10.1"));
const { agentState } = defaultTopology().streams;
const { taskProcessor } = defaultTopology().consumers;

function foundStream(settings: Partial<StreamSettings>, stored: Partial<FoundStream> = {}): FoundTopology {
  const stream: FoundStream = {
    settings: { ...agentState.settings, replicas: 1, history: 0, ...settings },
    unchangeable: undefined,
    messages: 0,
    bytes: 0,
    subjects: 0,
    oldestAt: undefined,
    strays: 0,
    ...stored,
  };
  return {
    streams: new Map([["AGENT_STATE", stream]]),
    consumers: new Map(),
    taken: new Map(),
    silent: new Set(),
    readAt: now,
  };
}

function foundConsumer(settings: Partial<FoundConsumer["settings"]>, pending = 0): FoundTopology {
  const consumer: FoundConsumer = {
    settings: { ...fixedConsumerSettings, ...taskProcessor.settings, ...settings },
    pending,
  };
  const stream = foundStream({}).streams.get("AGENT_STATE");
  return {
    streams: new Map(stream === undefined ? [] : [["TASK_EXECUTION", stream]]),
    consumers: new Map([["TASK_EXECUTION/task-processor", consumer]]),
    taken: new Map(),
    silent: new Set(),
    readAt: now,
  };
}

const stepOf = (found: FoundTopology, name: string, want = wanted) =>
  planTopology(want, found).find((step) => step.name === name && step.kind !== "bucket");
const wanting = (settings: Partial<StreamSettings>) => ({
  ...wanted,
  streams: wanted.streams.map((spec) =>
    spec.stream === "AGENT_STATE" ? { ...spec, settings: { ...spec.settings, ...settings } } : spec,
  ),
});

describe("the plan of the topology", () => {
  it("creates what is not there, each consumer right after its stream", () => {
    const steps = planTopology(wanted, {
      streams: new Map(),
      consumers: new Map(),
      taken: new Map(),
      silent: new Set(),
      readAt: now,
    });
    expect(steps.map(({ action, kind, name }) => `${action} ${kind} ${name}`)).toEqual([
      "create stream AGENT_STATE",
      "create stream TASK_EXECUTION",
      "create consumer task-processor",
      "create stream AGENT_MESSAGES",
      "create consumer message-batch-processor",
      "create bucket SESSION_DATA",
      "create bucket AGENT_STATE",
      "create bucket AGENT_CONFIG",
      "create bucket QUERY_CACHE",
    ]);
  });

  it("leaves alone what is as wanted, whatever the order of its subjects and what else it has", () => {
    const subjects = agentState.settings.subjects.toReversed();
    expect(stepOf(foundStream({ subjects, rollup: true, compression: "s2" }), "AGENT_STATE")).toMatchObject({
      action: "unchanged",
      differences: [],
    });
  });

  it("changes in place what loses nothing, and names each setting with both values", () => {
    const found = foundStream(
      { maxAgeMs: 60_000, discard: "new", replicas: 3 },
      { messages: 5, subjects: 5 },
    );
    expect(stepOf(found, "AGENT_STATE")).toMatchObject({
      action: "update",
      differences: [
        { setting: "discard", found: "new", wanted: "old" },
        { setting: "maxAgeMs", found: 60_000, wanted: 1_800_000 },
        { setting: "replicas", found: 3, wanted: 1 },
      ],
      reasons: [],
    });
  });

  it.each<[string, Partial<StreamSettings>, Partial<StreamSettings>, Partial<FoundStream>]>([
    ["storage", {}, { storage: "memory" }, {}],
    ["retention", {}, { retention: "interest" }, {}],
    ["maxMessages", { maxMessages: 4 }, { maxMessages: 0 }, { messages: 5 }],
    ["maxBytes", { maxBytes: 99 }, { maxBytes: 0 }, { messages: 1, bytes: 100 }],
    ["maxAgeMs", {}, { maxAgeMs: 0 }, { messages: 1, oldestAt: minutesAgo(31) }],
    ["history", { history: 3 }, { history: 5 }, { messages: 5, subjects: 2 }],
    ["subjects", { subjects: ["agents.state.>"] }, {}, { messages: 2, strays: 1 }],
    ["denyDelete", { denyDelete: false }, { denyDelete: true }, {}],
  ])("refuses another %s where that would lose messages or cannot be", (setting, want, have, stored) => {
    const step = stepOf(foundStream(have, stored), "AGENT_STATE", wanting(want));
    expect(step).toMatchObject({ action: "refuse", differences: [{ setting }] });
    expect(step?.reasons).toEqual([step?.differences[0]?.refusal]);
  });

  it.each<[string, Partial<StreamSettings>, Partial<StreamSettings>, Partial<FoundStream>]>([
    ["maxMessages", { maxMessages: 5 }, { maxMessages: 0 }, { messages: 5 }],
    ["maxBytes", { maxBytes: 100 }, { maxBytes: 0 }, { messages: 1, bytes: 100 }],
    ["maxAgeMs", {}, { maxAgeMs: 0 }, { messages: 1, oldestAt: minutesAgo(29) }],
    ["history", { history: 3 }, { history: 5 }, { messages: 5, subjects: 3 }],
    ["subjects", { subjects: ["agents.state.>"] }, {}, { messages: 2, strays: 0 }],
  ])("shrinks %s where nothing stored is beyond it", (setting, want, have, stored) => {
    expect(stepOf(foundStream(have, stored), "AGENT_STATE", wanting(want))).toMatchObject({
      action: "update",
      differences: [{ setting }],
    });
  });

  it("changes nothing of a stream of which one setting is refused, or which is a mirror", () => {
    const found = foundStream({ storage: "memory", discard: "new" });
    expect(stepOf(found, "AGENT_STATE")).toMatchObject({ action: "refuse", reasons: { length: 1 } });
    const mirror = foundStream({ discard: "new" }, { unchangeable: "it is a mirror" });
    expect(stepOf(mirror, "AGENT_STATE")).toMatchObject({ action: "refuse", reasons: ["it is a mirror"] });
  });

  it("refuses a stream whose subject another one keeps, and the consumer of what is not there", () => {
    const found: FoundTopology = {
      ...foundStream({}),
      taken: new Map([["TASK_EXECUTION", [{ subject: "tasks.created.>", stream: "OTHER" }]]]),
    };
    expect(stepOf(found, "TASK_EXECUTION")).toMatchObject({
      action: "refuse",
      reasons: ["its subject tasks.created.> is kept by the stream OTHER already"],
    });
    expect(stepOf(found, "task-processor")).toMatchObject({ action: "refuse" });
  });

  it("changes of a consumer what the server can, but passes over no message", () => {
    expect(stepOf(foundConsumer({ maxDeliver: 0, ackWaitMs: 1 }, 7), "task-processor")).toMatchObject({
      action: "update",
      differences: [{ setting: "ackWaitMs" }, { setting: "maxDeliver" }],
    });
    expect(stepOf(foundConsumer({ ackPolicy: "none" }), "task-processor")).toMatchObject({
      action: "refuse",
    });
    expect(stepOf(foundConsumer({ pushes: true }), "task-processor")).toMatchObject({ action: "refuse" });
    const other = { filterSubjects: ["tasks.created.>"] };
    expect(stepOf(foundConsumer(other, 7), "task-processor")).toMatchObject({ action: "refuse" });
    expect(stepOf(foundConsumer(other), "task-processor")).toMatchObject({ action: "update" });
    const narrower = { filterSubjects: ["tasks.started.mail.>"] };
    expect(stepOf(foundConsumer(narrower, 7), "task-processor")).toMatchObject({ action: "update" });
  });
});

describe("fitting the topology to a server", () => {
  it("gives three replicas in a cluster, and one with a note where there is none", () => {
    const replicas = (features: ServerFeatures) => {
      const { streams, notes } = fitTopology(defaultTopology(), features);
      return { replicas: streams.map(({ settings }) => settings.replicas), notes };
    };
    expect(replicas(server("2.10.1", "c"))).toEqual({ replicas: [3, 3, 1, 3, 3, 3, 1], notes: [] });
    const alone = replicas(server("2.10.1"));
    expect(alone.replicas).toEqual([1, 1, 1, 1, 1, 1, 1]);
    expect(alone.notes).toEqual([expect.stringContaining("the bucket AGENT_STATE")]);
  });

  it("compresses agent state from 2.10 on, and says before that it does not", () => {
    const compressed = ({ streams }: typeof wanted) =>
      streams.filter(({ settings }) => settings.compression === "s2").map(({ stream }) => stream);
    expect(compressed(wanted)).toEqual(["KV_AGENT_STATE"]);
    const old = fitTopology(defaultTopology(), server("2.9.10", "c"));
    expect(compressed(old)).toEqual([]);
    expect(old.notes).toEqual([expect.stringContaining("the bucket AGENT_STATE goes without")]);
  });
});
