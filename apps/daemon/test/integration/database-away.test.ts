import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDatabase } from "@mister-smith/client";
import { startPostgres } from "@mister-smith/embedded";
import type { Channel, Notification } from "@mister-smith/monitoring";
import { pino } from "pino";
import { expect, it } from "vitest";
import { databaseAway } from "../../src/parts/database-away.ts";
import { probeDatabase } from "../../src/program/readiness.ts";

const patience = { timeout: 60_000, interval: 50 };

it("tells each channel once that PostgreSQL is away, and that it is back, and again one that did not answer", {
  timeout: 120_000,
}, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "smith-away-"));
  const postgres = await startPostgres({ durability: "fast", dataDir });
  await using database = await createDatabase({ primary: { url: postgres.url, min: 0 } });
  const told: string[] = [];
  let refusals = 2;
  const channel = (name: string, isToldUnnamed: boolean, tell: () => void = () => {}): Channel => ({
    name,
    type: "webhook",
    isAlwaysTold: false,
    isToldUnnamed,
    tell: async ({ name: alert, state, severity }: Notification) => {
      tell();
      told.push([name, alert, state, severity].filter((word) => word !== null).join(" "));
    },
  });
  const refuse = () => {
    refusals -= 1;
    if (refusals >= 0) throw new Error("not now");
  };
  let probes = 0;
  await using away = databaseAway({
    channels: [channel("pager", true), channel("busy", true, refuse), channel("watchdog", false)],
    instance: "here",
    probe: async () => {
      probes += 1;
      return await probeDatabase({ database });
    },
    afterMs: 0,
    everyMs: 20,
    log: pino({ enabled: false }),
  });
  try {
    await database.ready({ timeoutMs: 30_000 });
    await away.start();
    await expect.poll(() => probes, patience).toBeGreaterThan(3);
    expect(told).toEqual([]);
    await postgres.kill();
    const firing = ["busy database_away firing critical", "pager database_away firing critical"];
    await expect.poll(() => told.toSorted(), patience).toEqual(firing);
    const before = probes;
    await expect.poll(() => probes, patience).toBeGreaterThan(before + 3);
    expect(told).toHaveLength(2);
    await postgres.start();
    await expect
      .poll(() => told.slice(2).toSorted(), patience)
      .toEqual(["busy database_away ok", "pager database_away ok"]);
  } finally {
    await away.stop();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
});
