import { createDatabase, type Database, sql } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { measureDatabase } from "../../src/metrics/measure-database.ts";
import { createMetrics } from "../../src/metrics/metrics.ts";

const nothing = z.object({});
const patience = { timeout: 20_000, interval: 50 };
const measured = [
  "smith_sync_dead_letters",
  "smith_sync_relay_backlog_events",
  "smith_sync_relay_lag_seconds",
];

let testDatabase: TestDatabase;
let owner: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase({
    template: {
      name: "migrated",
      prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
    },
  });
  owner = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
  await owner.write.query(sql.type(nothing)`
    INSERT INTO sync.dead_letters (pipe, reason_code, reason, subject, message_key, payload, headers, stream, incarnation, sequence)
    VALUES ('flush', 'refused', 'no JSON', 'a.b', 'b', '', '{}', 'KV_AGENT_STATE', 1, 1)`);
  await owner.write.query(
    sql.type(
      nothing,
    )`SELECT sync.enable_events(VARIADIC ARRAY(SELECT DISTINCT s.kind::TEXT FROM sync.event_sources AS s))`,
  );
  await owner.agents.register({ agentType: "tester", agentName: "that is told of" });
});
afterAll(async () => {
  await owner?.close();
  await testDatabase?.drop();
});

it("leaves out what it cannot measure now, and shows it when it can", async () => {
  await using database = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
  const metrics = createMetrics("1.2.3");
  const shown = async () => {
    const lines = (await metrics.shown()).split("\n");
    return measured.filter((name) => lines.some((line) => line.startsWith(name)));
  };
  measureDatabase(database, metrics, 0);
  expect(await shown()).toEqual(measured);
  await owner.connect(async (holder) => {
    await holder.query(sql.type(nothing)`BEGIN`);
    await holder.query(sql.type(nothing)`LOCK TABLE sync.dead_letters IN ACCESS EXCLUSIVE MODE`);
    expect(await shown()).toEqual([]);
    await holder.query(sql.type(nothing)`ROLLBACK`);
  });
  await expect.poll(shown, patience).toEqual(measured);
  await database.close();
  expect(await shown()).toEqual([]);
});

it("shows to all who look at once what one question has told", async () => {
  await using database = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
  const metrics = createMetrics("1.2.3");
  measureDatabase(database, metrics);
  const [first, second] = await Promise.all([metrics.shown(), metrics.shown()]);
  for (const text of [first, second, await metrics.shown()])
    expect(text).toMatch(/^smith_sync_dead_letters\{pipe="flush"\} 1$/m);
});
