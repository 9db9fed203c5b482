import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { Kvm } from "@nats-io/kv";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  connectNats,
  ensureTopology,
  type NatsLink,
  type SyncConfigInput,
  serverFeatures,
  syncConfig,
  type TopologyReport,
} from "../../src/index.ts";
import { losingProxy } from "../support/losing-proxy.ts";

let nats: EmbeddedNats;
let link: NatsLink;

beforeAll(async () => {
  // What the defaults set aside must fit, however small the disk of the tests is.
  const jetstream = { max_file_store: 20 * 1024 ** 3, max_memory_store: 1024 ** 3 };
  nats = await startNats({ settings: { jetstream } });
  link = await connectNats({ servers: nats.url, name: "topology test" });
});

afterEach(async () => {
  for await (const { config } of link.manager.streams.list()) await link.manager.streams.delete(config.name);
});

afterAll(async () => {
  await link?.close();
  await nats?.stop();
});

const configOf = (input: SyncConfigInput = {}) => syncConfig.parse(input);
const ensure = (input?: SyncConfigInput, apply = true) => ensureTopology(link, configOf(input), { apply });
const streamOf = async (name: string) => (await link.manager.streams.info(name)).config;
const stepOf = ({ steps }: TopologyReport, stream: string) =>
  steps.find((step) => step.stream === stream && step.kind !== "consumer");
const outcomes = ({ steps }: TopologyReport) => new Set(steps.map(({ outcome }) => outcome));
const isBefore = (minor: number) =>
  nats.version.major === 2 && Number(nats.version.full.split(".")[1]) < minor;
const publish = async (subjects: readonly string[]) => {
  for (const subject of subjects) await link.js.publish(subject, "x");
};

describe("the topology", () => {
  it("is created as the framework's document says, and changes nothing when it is there", async () => {
    const planned = await ensure({}, false);
    expect(planned.state).toBe("pending");
    expect(outcomes(planned)).toEqual(new Set(["pending"]));
    expect(await link.manager.streams.names().next()).toEqual([]);

    const created = await ensure();
    expect(created.steps.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      planned.steps.map(({ kind, name }) => `${kind} ${name}`),
    );
    expect(outcomes(created)).toEqual(new Set(["applied"]));
    expect(created.state).toBe("ready");
    expect(await streamOf("AGENT_STATE")).toMatchObject({
      subjects: ["agents.state.>", "agents.lifecycle.>", "agents.heartbeat.>"],
      storage: "file",
      retention: "limits",
      discard: "old",
      max_age: 1_800e9,
      max_msgs: 1_000_000,
      max_bytes: 1024 ** 3,
      max_msg_size: 1024 ** 2,
      duplicate_window: 300e9,
      num_replicas: 1,
    });
    expect(await streamOf("TASK_EXECUTION")).toMatchObject({
      retention: "interest",
      max_age: 86_400e9,
      max_msgs: 10_000_000,
      max_bytes: 10 * 1024 ** 3,
      max_msg_size: 5 * 1024 ** 2,
    });
    expect(await streamOf("AGENT_MESSAGES")).toMatchObject({
      storage: "memory",
      max_age: 300e9,
      max_msgs: 100_000,
      max_bytes: 100 * 1024 ** 2,
      max_msg_size: 256 * 1024,
    });
    expect((await link.manager.consumers.info("TASK_EXECUTION", "task-processor")).config).toMatchObject({
      durable_name: "task-processor",
      ack_policy: "explicit",
      filter_subject: "tasks.started.>",
      ack_wait: 30e9,
      max_deliver: 3,
      max_ack_pending: 100,
    });
    const batches = await link.manager.consumers.info("AGENT_MESSAGES", "message-batch-processor");
    expect(batches.config).toMatchObject({
      ack_policy: "explicit",
      ack_wait: 60e9,
      max_deliver: 5,
      max_batch: 100,
    });

    const again = await ensure();
    expect(outcomes(again)).toEqual(new Set(["unchanged"]));
    expect(again.state).toBe("ready");
  });

  it("sets right what others have given a stream, a bucket or a consumer that takes from it what it is for", async () => {
    await ensure();
    const { streams, consumers } = link.manager;
    const remake = async (name: string, extra: object) => {
      const { config } = await streams.info(name);
      await streams.delete(name);
      await streams.add({ ...config, ...extra });
    };
    await remake("KV_AGENT_STATE", { no_ack: true, discard_new_per_subject: true });
    await remake("AGENT_STATE", { no_ack: true, max_msgs_per_subject: 1 });
    const { config } = await consumers.info("TASK_EXECUTION", "task-processor");
    await consumers.delete("TASK_EXECUTION", "task-processor");
    await consumers.add("TASK_EXECUTION", {
      ...config,
      headers_only: true,
      inactive_threshold: 60e9,
      max_expires: 1e9,
      backoff: [1e9, 2e9],
    });
    const settingsOf = (report: TopologyReport) =>
      report.steps.flatMap(({ name, differences }) => differences.map(({ setting }) => `${name} ${setting}`));
    expect(settingsOf(await ensure({}, false))).toEqual([
      "AGENT_STATE history",
      "AGENT_STATE noAck",
      "task-processor headersOnly",
      "task-processor inactiveThresholdMs",
      "task-processor maxExpiresMs",
      "task-processor backoffMs",
      "task-processor ackWaitMs",
      "AGENT_STATE noAck",
      "AGENT_STATE discardNewPerSubject",
    ]);
    expect((await ensure()).state).toBe("ready");
    expect(outcomes(await ensure())).toEqual(new Set(["unchanged"]));
  });

  it("refuses a stream that takes few consumers, and a consumer that lets time pass again", async () => {
    await ensure();
    const { streams, consumers } = link.manager;
    const { config } = await streams.info("AGENT_MESSAGES");
    await streams.delete("AGENT_MESSAGES");
    await streams.add({ ...config, max_consumers: 1 });
    const processor = await consumers.info("TASK_EXECUTION", "task-processor");
    await consumers.delete("TASK_EXECUTION", "task-processor");
    await consumers.add("TASK_EXECUTION", { ...processor.config, replay_policy: "original" });
    const report = await ensure();
    expect(report.state).toBe("refused");
    const refused = report.steps.filter(({ outcome }) => outcome === "refused");
    expect(refused).toMatchObject([
      { name: "task-processor", differences: [{ setting: "replayPolicy" }] },
      { name: "AGENT_MESSAGES", differences: [{ setting: "maxConsumers" }] },
    ]);
  });

  it("has buckets as a client of them makes its own, but that single messages cannot be deleted", async () => {
    await ensure();
    const wanted = {
      SESSION_DATA: [1, 3_600_000],
      AGENT_STATE: [5, 0],
      AGENT_CONFIG: [10, 0],
      QUERY_CACHE: [1, 300_000],
    };
    for (const [name, [history = 1, ttl = 0]] of Object.entries(wanted)) {
      const ours = await streamOf(`KV_${name}`);
      await new Kvm(link.js).create("THEIRS", {
        history,
        ttl,
        storage: name === "QUERY_CACHE" ? "memory" : "file",
        ...(name === "AGENT_STATE" && !isBefore(10) ? { compression: true } : {}),
      });
      const theirs = await streamOf("KV_THEIRS");
      expect(ours).toEqual({ ...theirs, name: `KV_${name}`, subjects: [`$KV.${name}.>`], deny_delete: true });
      await link.manager.streams.delete("KV_THEIRS");
    }

    const bucket = await new Kvm(link.js).open("AGENT_STATE");
    const revision = await bucket.create("a.key", "1");
    await bucket.update("a.key", "2", revision);
    expect((await bucket.get("a.key"))?.string()).toBe("2");
    expect(await bucket.status()).toMatchObject({ history: 5, ttl: 0, values: 2 });
    await bucket.purge("a.key");
    expect((await bucket.get("a.key"))?.operation).toBe("PURGE");
    await ensure();
    expect((await bucket.status()).values).toBe(1);
  });

  it("is taken over from a bucket that a client made, whose values stay", async () => {
    const bucket = await new Kvm(link.js).create("AGENT_STATE", { history: 5, ttl: 1_800_000 });
    await bucket.put("a.key", "1");
    const report = await ensure();
    expect(stepOf(report, "KV_AGENT_STATE")).toMatchObject({
      outcome: "applied",
      action: "update",
      differences: expect.arrayContaining([
        { setting: "maxAgeMs", found: 1_800_000, wanted: 0, refusal: undefined },
        { setting: "denyDelete", found: false, wanted: true, refusal: undefined },
      ]),
    });
    expect((await bucket.get("a.key"))?.string()).toBe("1");
  });

  it("refuses a bucket of agent state whose values may go by their age, flushed or not", async () => {
    const config = {
      name: "KV_AGENT_STATE",
      subjects: ["$KV.AGENT_STATE.>"],
      storage: "file",
      retention: "limits",
    };
    const create = JSON.stringify({ ...config, num_replicas: 1, allow_msg_ttl: true });
    await link.connection.request(`$JS.API.STREAM.CREATE.${config.name}`, create);
    const step = stepOf(await ensure(), "KV_AGENT_STATE");
    // An older server knows no such thing: it took the setting and forgot it.
    if (isBefore(11)) expect(step).toMatchObject({ outcome: "applied" });
    else
      expect(step).toMatchObject({
        outcome: "refused",
        reasons: ["the server cannot take back that a message brings its own time to live"],
      });
  });

  it("is changed in place, setting by setting, and keeps what it does not know", async () => {
    await ensure();
    await link.manager.streams.update("AGENT_STATE", {
      description: "ours",
      max_msgs: 5,
      allow_direct: true,
    });
    await link.manager.consumers.update("TASK_EXECUTION", "task-processor", {
      max_deliver: 9,
      description: "ours",
    });
    await publish(["agents.state.a"]);
    const input: SyncConfigInput = {
      streams: { agentState: { maxAgeMs: 60_000 } },
      consumers: { taskProcessor: { filterSubject: "tasks.started.mail.>" } },
    };
    const planned = await ensure(input, false);
    expect(planned.state).toBe("pending");
    expect(planned.steps.filter(({ action }) => action === "update")).toMatchObject([
      {
        name: "AGENT_STATE",
        differences: [
          { setting: "maxAgeMs", found: 1_800_000, wanted: 60_000 },
          { setting: "maxMessages", found: 5, wanted: 1_000_000 },
          // Never longer than a message lives.
          { setting: "duplicateWindowMs", found: 300_000, wanted: 60_000 },
        ],
      },
      {
        name: "task-processor",
        differences: expect.arrayContaining([
          expect.objectContaining({ setting: "filterSubjects", wanted: ["tasks.started.mail.>"] }),
          expect.objectContaining({ setting: "maxDeliver", found: 9, wanted: 3 }),
        ]),
      },
    ]);
    expect((await ensure(input)).state).toBe("ready");
    expect(await streamOf("AGENT_STATE")).toMatchObject({
      max_msgs: 1_000_000,
      description: "ours",
      allow_direct: true,
    });
    const { config } = await link.manager.consumers.info("TASK_EXECUTION", "task-processor");
    expect(config).toMatchObject({
      max_deliver: 3,
      filter_subject: "tasks.started.mail.>",
      description: "ours",
    });
    const everything: SyncConfigInput = { consumers: { taskProcessor: { filterSubject: ">" } } };
    expect((await ensure(everything)).state).toBe("ready");
    expect((await ensure(everything)).steps.every(({ outcome }) => outcome === "unchanged")).toBe(true);
  });

  it("is refused where a change would drop what is stored, and all else is done", async () => {
    await ensure();
    await publish(["agents.state.a", "agents.state.a", "agents.heartbeat.a", "agents.lifecycle.a"]);
    const { state } = await link.manager.streams.info("AGENT_STATE");
    const bucket = await new Kvm(link.js).open("AGENT_CONFIG");
    for (const value of ["1", "2", "3"]) await bucket.put("a", value);
    const refused: readonly [SyncConfigInput, string, string][] = [
      [{ streams: { agentState: { maxMessages: 3 } } }, "AGENT_STATE", "holds 4 messages"],
      [{ streams: { agentState: { maxBytes: 10 } } }, "AGENT_STATE", `holds ${state.bytes} bytes`],
      [{ streams: { agentState: { maxAgeMs: 1 } } }, "AGENT_STATE", "older than maxAgeMs 1"],
      [
        { streams: { agentState: { subjects: ["agents.state.>"] } } },
        "AGENT_STATE",
        "2 stored messages have",
      ],
      [{ streams: { agentState: { storage: "memory" } } }, "AGENT_STATE", "another storage"],
      [{ streams: { agentState: { retention: "interest" } } }, "AGENT_STATE", "retention"],
      [{ buckets: { agentConfig: { history: 2 } } }, "KV_AGENT_CONFIG", "those beyond the last 2"],
    ];
    for (const [input, stream, reason] of refused) {
      const before = await streamOf(stream);
      const report = await ensure({ ...input, consumers: { taskProcessor: { maxDeliver: 7 } } });
      expect(report.state).toBe("refused");
      expect(stepOf(report, stream)).toMatchObject({
        outcome: "refused",
        reasons: [expect.stringContaining(reason)],
      });
      expect(await streamOf(stream)).toEqual(before);
    }
    expect((await link.manager.streams.info("AGENT_STATE")).state.messages).toBe(4);
    expect((await link.manager.streams.info("KV_AGENT_CONFIG")).state.messages).toBe(3);
    const { config } = await link.manager.consumers.info("TASK_EXECUTION", "task-processor");
    expect(config.max_deliver).toBe(7);
  });

  it("is refused where another stream keeps one of its subjects, before anything is tried", async () => {
    await link.manager.streams.add({ name: "OTHERS", subjects: ["tasks.*.mail"] });
    const planned = await ensure({}, false);
    expect(planned.state).toBe("refused");
    expect(stepOf(planned, "TASK_EXECUTION")?.reasons).toContain(
      "its subject tasks.created.> is kept by the stream OTHERS already",
    );
    const applied = await ensure();
    expect(applied.steps.filter(({ outcome }) => outcome === "refused").map(({ name }) => name)).toEqual([
      "TASK_EXECUTION",
      "task-processor",
    ]);
    expect((await streamOf("KV_AGENT_STATE")).name).toBe("KV_AGENT_STATE");
  });

  it("says of a stream that the server does not take why, and does all else", async () => {
    const report = await ensure({ streams: { taskExecution: { maxBytes: 1024 ** 5 } } });
    expect(report.state).toBe("refused");
    expect(stepOf(report, "TASK_EXECUTION")).toMatchObject({
      outcome: "failed",
      error: {
        code: "JETSTREAM",
        message: expect.stringMatching(/create the stream TASK_EXECUTION.*insufficient storage/),
      },
    });
    expect(report.steps.find(({ name }) => name === "task-processor")?.outcome).toBe("failed");
    expect(report.steps.filter(({ outcome }) => outcome === "applied")).toHaveLength(7);
  });

  it("comes out the same when ten run at once", async () => {
    const links = await Promise.all(Array.from({ length: 10 }, () => connectNats({ servers: nats.url })));
    try {
      const reports = await Promise.all(links.map((one) => ensureTopology(one, configOf(), { apply: true })));
      expect(reports.map(({ state }) => state)).toEqual(reports.map(() => "ready"));
      await publish(["agents.state.a"]);
      const changed = configOf({ streams: { agentState: { maxMessages: 10 } } });
      const again = await Promise.all(links.map((one) => ensureTopology(one, changed, { apply: true })));
      expect(again.map(({ state }) => state)).toEqual(reports.map(() => "ready"));
      expect((await link.manager.streams.info("AGENT_STATE")).state.messages).toBe(1);
    } finally {
      await Promise.all(links.map((one) => one.close()));
    }
  });

  it("looks anew at what somebody else creates otherwise, or removes, in the same moment", async () => {
    const others: Promise<unknown>[] = [];
    const meanwhile = (name: string, act: () => Promise<unknown>) =>
      ensureTopology(link, configOf(), {
        apply: true,
        onStep: (step) => {
          // Sent on the same connection just before ours; only the first time.
          if (step.name === name && others.length === 0) others.push(act());
        },
      });
    const created = await meanwhile("AGENT_STATE", () =>
      link.manager.streams.add({ name: "AGENT_STATE", subjects: ["agents.state.>"], max_msgs: 5 }),
    );
    expect(created.state).toBe("ready");
    expect(created.steps[0]).toMatchObject({ name: "AGENT_STATE", action: "update", outcome: "applied" });

    await link.manager.streams.update("AGENT_STATE", { max_msgs: 5 });
    others.length = 0;
    const removed = await meanwhile("AGENT_STATE", () => link.manager.streams.delete("AGENT_STATE"));
    expect(removed.state).toBe("ready");
    expect(removed.steps[0]).toMatchObject({ name: "AGENT_STATE", action: "create", outcome: "applied" });
    await Promise.all(others);
  });

  it("looks anew at what had no answer, once, and does it where it is not done", async () => {
    await using proxy = await losingProxy(nats);
    await using far = await connectNats({ servers: proxy.url, timeoutMs: 1_500 });
    await ensure();
    await link.manager.streams.delete("KV_QUERY_CACHE");
    const create = "$JS.API.STREAM.CREATE.KV_QUERY_CACHE";
    proxy.lose(create, 1);
    const report = await ensureTopology(far, configOf(), { apply: true });
    expect(proxy.lost).toBe(1);
    expect(report.state).toBe("ready");
    expect(stepOf(report, "KV_QUERY_CACHE")).toMatchObject({ action: "create", outcome: "applied" });

    // Somebody else has done it in between.
    await link.manager.streams.delete("KV_QUERY_CACHE");
    proxy.lose(create, 1);
    const others: Promise<unknown>[] = [];
    const onStep = () => void others.push(ensure());
    const overtaken = await ensureTopology(far, configOf(), { apply: true, onStep });
    expect(proxy.lost).toBe(2);
    expect(overtaken.state).toBe("ready");
    expect(stepOf(overtaken, "KV_QUERY_CACHE")).toMatchObject({ outcome: "unchanged" });
    await Promise.all(others);

    await link.manager.streams.delete("KV_QUERY_CACHE");
    proxy.lose(create, 10);
    await expect(ensureTopology(far, configOf(), { apply: true })).rejects.toMatchObject({
      code: "NATS_UNREACHABLE",
      retryable: true,
    });
    expect(proxy.lost).toBe(4);
  });

  it("ends between two requests when it is told to", async () => {
    const stopping = new AbortController();
    const run = ensureTopology(link, configOf(), {
      apply: true,
      signal: stopping.signal,
      onStep: ({ name }) => {
        if (name === "AGENT_MESSAGES") stopping.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: "ABORTED" });
    expect((await link.manager.streams.names().next()).toSorted()).toEqual([
      "AGENT_MESSAGES",
      "AGENT_STATE",
      "TASK_EXECUTION",
    ]);
    expect((await ensure()).state).toBe("ready");
  });
});

describe("what the server can", () => {
  it("is asked of it: version, limits, and that it stands alone", async () => {
    expect(await serverFeatures(link)).toMatchObject({
      version: nats.version.full,
      jetStream: true,
      cluster: undefined,
      clusterSize: 1,
      maxPayloadBytes: 1_048_576,
      account: { maxMemoryBytes: undefined, maxStorageBytes: undefined },
    });
    const { notes } = await ensure({}, false);
    expect(notes[0]).toContain("in no cluster");
    expect(notes.some((note) => note.includes("does not compress"))).toBe(isBefore(10));
  });

  it.each<[string, SyncConfigInput, number, string]>([
    ["compression", { buckets: { agentState: { compression: true } } }, 10, "2.10"],
    ["messageTtl", { buckets: { sessionData: { messageTtl: true } } }, 11, "2.11"],
  ])("has %s, or is refused aloud when it is asked for explicitly", async (feature, input, minor, needs) => {
    if (isBefore(minor)) {
      await expect(ensure(input)).rejects.toMatchObject({
        code: "UNSUPPORTED_SERVER",
        message: expect.stringContaining(nats.version.full),
        hint: expect.stringContaining(needs),
        details: { feature, version: nats.version.full, needs },
      });
      expect(await link.manager.streams.names().next()).toEqual([]);
    } else {
      expect((await ensure(input)).state).toBe("ready");
      const { compression } = await streamOf("KV_AGENT_STATE");
      expect(compression).toBe("s2");
      const { allow_msg_ttl } = await streamOf("KV_SESSION_DATA");
      expect(allow_msg_ttl === true).toBe(feature === "messageTtl");
    }
  });

  it("refuses replicas that are asked for explicitly where there is no cluster", async () => {
    await expect(ensure({ buckets: { agentState: { replicas: 3 } } })).rejects.toMatchObject({
      code: "UNSUPPORTED_SERVER",
      message: expect.stringContaining("the bucket AGENT_STATE needs 3 replicas"),
    });
    expect((await ensure({ buckets: { agentState: { replicas: 1 } } })).state).toBe("ready");
  });

  it("is told what its acknowledgement is worth when the machine goes down", async () => {
    const blind = (await ensure({}, false)).durability;
    const seen = (await ensureTopology(link, configOf(), { monitoringUrls: [nats.monitoringUrl] }))
      .durability;
    if (isBefore(10)) {
      expect(blind).toEqual(seen);
      expect(seen).toMatchObject({ holds: false, fsync: "interval", fsyncIntervalMs: 120_000 });
      expect(seen.warning).toContain("lost with the machine");
    } else {
      expect(blind).toMatchObject({ holds: undefined, fsync: "unknown" });
      expect(seen).toMatchObject({ holds: true, fsync: "always", warning: undefined });
    }
  });

  it("is refused without JetStream", async () => {
    const settings = {
      accounts: {
        PLAIN: { users: [{ user: "plain", password: "x" }] },
        JS: { jetstream: true, users: [{ user: "js", password: "x" }] },
      },
      no_auth_user: "js",
    };
    await using other = await startNats({ settings });
    await using plain = await connectNats({ servers: other.url, connection: { user: "plain", pass: "x" } });
    expect((await serverFeatures(plain)).jetStream).toBe(false);
    await expect(ensureTopology(plain, configOf())).rejects.toMatchObject({
      code: "UNSUPPORTED_SERVER",
      details: { feature: "jetstream" },
    });
  });

  it("is not waited for longer than the link's timeout", async () => {
    await using other = await startNats();
    await using short = await connectNats({ servers: other.url, timeoutMs: 300 });
    await other.kill();
    await expect(ensureTopology(short, configOf(), { apply: true })).rejects.toMatchObject({
      code: "NATS_UNREACHABLE",
      retryable: true,
    });
  });
});
