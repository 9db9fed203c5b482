import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createConsumption } from "../../src/consume/consume.ts";
import { createEvictor } from "../../src/evict/create-evictor.ts";
import { createFlusher } from "../../src/flush/flusher.ts";
import { leadRole } from "../../src/lease/lead-role.ts";
import { periodic } from "../../src/lifecycle/periodic.ts";
import type { Service } from "../../src/lifecycle/service.ts";
import { createRelay } from "../../src/relay/relay.ts";
import { openSyncLab, type SyncLab } from "../support/sync-lab.ts";

const makers: Readonly<Record<string, (lab: SyncLab) => Service>> = {
  flusher: ({ database, link }) => createFlusher({ database, link }),
  relay: ({ database, link }) => createRelay({ database, link }),
  evictor: ({ database, link }) => createEvictor({ database, link }),
  consumption: ({ link }) =>
    createConsumption(link, { subject: "agents.state.>", durable: "lifecycle", handler: async () => {} }),
  periodic: () => periodic({ name: "rounds", intervalMs: 5, stuckAfterMs: 10_000, round: async () => {} }),
  role: ({ database, link }) =>
    leadRole({ database, role: "any", holder: "any", lead: () => createFlusher({ database, link }) }),
};

describe("every long-running part", () => {
  let lab: SyncLab;
  beforeAll(async () => {
    lab = await openSyncLab();
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
  });

  it.each(Object.keys(makers))(
    "may be stopped before it is started, and started and stopped in any order: %s",
    async (name) => {
      const service = makers[name]?.(lab);
      if (service === undefined) throw new Error(`there is no ${name}`);
      expect(service.status().state).toBe("idle");
      await service.stop();
      await Promise.all([service.start(), service.start()]);
      expect(["running", "starting"]).toContain(service.status().state);
      const stopping = service.stop();
      await Promise.all([stopping, service.stop()]);
      expect(service.status().state).toBe("stopped");
      for (let time = 0; time < 5; time += 1) {
        const started = service.start();
        const stopped = service.stop();
        await Promise.all([started, stopped]);
      }
      await service.stop();
      await service.start();
      expect(["running", "starting"]).toContain(service.status().state);
      await service[Symbol.asyncDispose]();
      expect(service.status().state).toBe("stopped");
    },
  );
});
