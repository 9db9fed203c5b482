import { type EmbeddedNats, startNats } from "@mister-smith/embedded";
import { connectNats, type NatsLink } from "@mister-smith/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smith } from "./run-smith.ts";
import { smithOn } from "./smith-on.ts";

let nats: EmbeddedNats;
let link: NatsLink;

beforeAll(async () => {
  // What the defaults set aside must fit, however small the disk of the tests is.
  const jetstream = { max_file_store: 20 * 1024 ** 3, max_memory_store: 1024 ** 3 };
  nats = await startNats({ settings: { jetstream } });
  link = await connectNats({ servers: nats.url });
});

afterAll(async () => {
  await link?.close();
  await nats?.stop();
});

// The text is what people see of a process of its own; the documents are looked at in this one, which is quicker.
const asText = (args: readonly string[] = [], env: Record<string, string> = {}) =>
  smith(["sync", "topology", ...args], { env: { SMITH_NATS_URL: nats.url, ...env } });
const asJson = (args = "", env: Record<string, string> = {}) =>
  smithOn("postgres://unused@127.0.0.1:1/unused", { env: { SMITH_NATS_URL: nats.url, ...env } })(
    `sync topology${args}`,
  );

describe("smith sync topology", () => {
  it("shows what waits with code 3, does it when told to, and then finds nothing to do", async () => {
    const waits = await asText();
    expect(waits.code).toBe(3);
    expect(waits.stdout).toMatch(/bucket +AGENT_STATE +is to be created/);
    expect(waits.stdout).toContain("The server is in no cluster");
    expect(waits.stdout).toContain("`smith sync topology --apply`");
    expect(waits.stderr).toMatch(/^warning: .*machine/);
    expect(await link.manager.streams.names().next()).toEqual([]);

    const done = await asText(["--apply"]);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(/consumer +task-processor +created/);
    expect((await link.manager.streams.names().next()).toSorted()).toEqual([
      "AGENT_MESSAGES",
      "AGENT_STATE",
      "KV_AGENT_CONFIG",
      "KV_AGENT_STATE",
      "KV_QUERY_CACHE",
      "KV_SESSION_DATA",
      "TASK_EXECUTION",
    ]);

    const again = await asJson();
    expect(again.code).toBe(0);
    expect(again.json).toMatchObject({
      apply: false,
      state: "ready",
      server: { version: nats.version.full },
    });
    expect(new Set(again.json.steps.map(({ outcome }: { outcome: string }) => outcome))).toEqual(
      new Set(["unchanged"]),
    );
  });

  it("shows each setting that differs, takes it from the configuration, and refuses with code 1 what would lose messages", async () => {
    expect((await asJson(" --apply")).code).toBe(0);
    await link.js.publish("agents.state.a", "1");
    await link.js.publish("agents.state.a", "2");
    const env = { SMITH_SYNC_STREAMS_AGENT_STATE_MAX_AGE_MS: "3600000" };
    const waits = await asText([], env);
    expect(waits.code).toBe(3);
    expect(waits.stdout).toMatch(/AGENT_STATE +is to be changed\n +maxAgeMs: 30 min -> 1 h\n/);
    expect((await asJson(" --apply", env)).code).toBe(0);

    const shrunk = { ...env, SMITH_SYNC_STREAMS_AGENT_STATE_MAX_MESSAGES: "1" };
    const shown = await asText(["--apply"], shrunk);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/AGENT_STATE +refused\n +maxMessages: 1000000 -> 1\n +it holds 2 messages/);
    const { code, json } = await asJson(" --apply", shrunk);
    expect(code).toBe(1);
    expect(json.state).toBe("refused");
    expect(json.steps[0]).toMatchObject({
      name: "AGENT_STATE",
      outcome: "refused",
      differences: [{ setting: "maxMessages", found: 1_000_000, wanted: 1 }],
    });
    expect((await link.manager.streams.info("AGENT_STATE")).state.messages).toBe(2);
  });

  it("fails aloud for what is asked for explicitly and is not to be had, and refuses a bad setting with its path", async () => {
    const three = await asJson("", { SMITH_SYNC_BUCKETS_AGENT_STATE_REPLICAS: "3" });
    expect(three.code).toBe(1);
    expect(three.json.error).toMatchObject({ code: "UNSUPPORTED_SERVER", details: { feature: "replicas" } });
    const bad = await asJson("", { SMITH_SYNC_STREAMS_TASK_EXECUTION_SUBJECTS: "tasks.>.created" });
    expect(bad.code).toBe(2);
    expect(bad.json.error.message).toContain("sync.streams.taskExecution.subjects");
  });

  it("asks the monitoring page when the server writes to disk", async () => {
    const { json, stderr } = await asJson("", { SMITH_SYNC_MONITORING_URLS: nats.monitoringUrl });
    const { holds, warning } = json.durability;
    expect(holds).toBe(nats.syncInterval === "always");
    if (holds) expect({ stderr, warning }).toEqual({ stderr: "", warning: null });
    else expect(stderr).toContain(warning);
  });

  it("ends with code 6 where no server answers", async () => {
    const { code, json } = await asJson("", { SMITH_NATS_URL: "nats://127.0.0.1:1" });
    expect(code).toBe(6);
    expect(json.error).toMatchObject({ code: "NATS_UNREACHABLE", retryable: true });
  });
});
