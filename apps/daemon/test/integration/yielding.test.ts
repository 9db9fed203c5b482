import { createDatabase, type Database, sql } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { reap } from "../../src/upkeep/reaper.ts";
import { keepTasks } from "../../src/upkeep/task-upkeep.ts";
import { yieldingUpkeep } from "../../src/upkeep/yielding.ts";

const nothing = z.object({});
const never = new AbortController().signal;

let testDatabase: TestDatabase;
let other: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase({
    template: {
      name: "migrated",
      prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
    },
  });
  other = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
});
afterAll(async () => {
  await other?.close();
  await testDatabase?.drop();
});

it.each([
  ["sessions.active", "the reaper", reap],
  ["tasks.schedules", "the upkeep of tasks", keepTasks],
] as const)(
  "while %s is locked %s gives its connection back, however long its pool would wait",
  async (table, _, round) => {
    // One connection is for probes, the other all that there is.
    await using database = await createDatabase({
      primary: { url: testDatabase.url, min: 0, max: 2, lockTimeoutMs: 0 },
    });
    const upkeep = yieldingUpkeep(database);
    await other.connect(async (holder) => {
      await holder.query(sql.type(nothing)`BEGIN`);
      await holder.query(
        sql.type(nothing)`LOCK TABLE ${sql.identifier(table.split("."))} IN ACCESS EXCLUSIVE MODE`,
      );
      await expect(round(upkeep, never, () => {})).rejects.toMatchObject({ sqlState: "55P03" });
      await database.write.query(sql.type(nothing)`SELECT`);
      await holder.query(sql.type(nothing)`ROLLBACK`);
    });
    await round(upkeep, never, () => {});
  },
);

it("is done one piece at a time, also after one that failed", async () => {
  await using database = await createDatabase({ primary: { url: testDatabase.url, min: 0, max: 4 } });
  const upkeep = yieldingUpkeep(database);
  const did: string[] = [];
  const piece = (name: string, fails = false) =>
    upkeep.transaction(async () => {
      did.push(`${name} begins`);
      // Long enough for another one to begin, if it could.
      for (let trips = 0; trips < 20; trips += 1) await other.write.query(sql.type(nothing)`SELECT`);
      did.push(`${name} ends`);
      if (fails) throw new Error(name);
    }, never);
  const outcomes = await Promise.allSettled([piece("first", true), piece("second"), piece("third")]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(did).toEqual(["first", "second", "third"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
