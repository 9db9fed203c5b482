import { sql } from "@mister-smith/client";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { ensureTopology, hydrate, relayRange, syncConfig, verifyStores } from "../../src/index.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

let lab: SyncLab;
let told: number;
let warned: string[];

const hear = (warning: Error) => void warned.push(warning.message);

beforeAll(async () => {
  lab = await openSyncLab();
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  told = 0;
  warned = [];
  process.on("warning", hear);
});
afterEach(() => {
  process.off("warning", hear);
});

const deaf = () => {
  told += 1;
  throw new Error("deaf");
};
const deafLater = async () => deaf();

describe("a listener that throws changes nothing of the outcome", () => {
  it.each([
    ["throws", deaf],
    ["rejects", deafLater],
  ])("of hydration, when it %s", async (_how, listener) => {
    await row(`hydrated ${_how}`);
    const done = await hydrate(lab, { agents: "all", onProgress: listener });
    expect(done.created).toBe(1);
    await expectWarning();
  });

  it("of a comparison of both stores", async () => {
    await row("compared");
    const heard = { onDifference: deaf, onProgress: deafLater };
    await lab.putRaw("$KV.AGENT_STATE.nobody.k", "1");
    const report = await verifyStores(lab, { settleMs: 50, patienceMs: 300, ...heard });
    expect(report.differences).toBe(report.listed.length);
    expect(report.listed).toMatchObject([{ subject: "$KV.AGENT_STATE.nobody.k", cause: "not-flushed" }]);
    expect(told).toBeGreaterThan(1);
    await expectWarning();
  });

  it("of the publishing of a range of events", async () => {
    await lab.database.write.query(sql.type(z.object({}))`SELECT sync.enable_events('state')`);
    await row("told");
    const events = { fromEvent: 1, toEvent: Number.MAX_SAFE_INTEGER };
    expect(await relayRange({ ...lab, events, onProgress: deaf })).toMatchObject({ published: 1 });
    await expectWarning();
  });

  it("of bringing the topology about", async () => {
    await lab.link.manager.streams.delete("KV_QUERY_CACHE");
    const report = await ensureTopology(lab.link, syncConfig.parse({}), { apply: true, onStep: deaf });
    expect(report.state).toBe("ready");
    expect(told).toBe(1);
    await expectWarning();
  });
});

async function expectWarning(): Promise<void> {
  expect(told).toBeGreaterThan(0);
  await expect.poll(() => warned).toContain("a listener threw: deaf");
}

async function row(stateKey: string): Promise<void> {
  await lab.database.state.put({ agentId: await lab.agent(), stateKey, stateValue: 1 });
}
