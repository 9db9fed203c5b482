import { createDatabase, type Database, sql } from "@mister-smith/client";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import { createTestDatabase, type TestDatabase } from "@mister-smith/testkit";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { leadRole, type RoleService } from "../../src/lease/lead-role.ts";
import type { Lease } from "../../src/lease/lease.ts";
import { takeLease } from "../../src/lease/take-lease.ts";
import type { Service } from "../../src/lifecycle/service.ts";

const role = "flush";
const ttlMs = 600;

describe("a role that one daemon has at a time", () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let open: RoleService[];
  let log: string[];
  beforeEach(async () => {
    testDatabase = await createTestDatabase({
      template: {
        name: "migrated",
        prepare: async (url) => void (await migrateUp({ connection: url, folder: migrationsFolder() })),
      },
    });
    database = await createDatabase({ primary: { url: testDatabase.url, min: 0 } });
    open = [];
    log = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((candidate) => candidate.stop()));
    await database.close();
    await testDatabase.drop();
  });

  it("goes to one of two candidates, and to the other at once when the first is stopped", async () => {
    const [first, second] = [candidate("first"), candidate("second")];
    await first.start();
    await expect.poll(() => first.leads, { interval: 10 }).toBe(true);
    await second.start();
    await first.stop();
    await expect.poll(() => second.leads, { interval: 10 }).toBe(true);
    expect(log).toEqual([
      "first leads 1",
      "first starts",
      "first stops",
      "first leads no more",
      "second leads 2",
      "second starts",
    ]);
  });

  it("goes on to the next when its holder does not renew it, with a higher epoch", async () => {
    expect(await takeLease(database.write, { role, holder: "frozen", ttlMs })).toBe(1);
    const next = candidate("next");
    await next.start();
    expect(next.leads).toBe(false);
    await expect
      .poll(() => next.status(), { interval: 10 })
      .toEqual({ state: "running", why: "another daemon has the role flush" });
    await expect.poll(() => next.leads, { interval: 10, timeout: 5_000 }).toBe(true);
    expect(log[0]).toBe("next leads 2");
  });

  it("is led no more by whoever lost it to another", async () => {
    const leader = candidate("leader");
    await leader.start();
    await expect.poll(() => leader.leads, { interval: 10 }).toBe(true);
    await steal("thief");
    await expect.poll(() => leases[0]?.signal.aborted, { interval: 10 }).toBe(true);
    expect(leases[0]?.holds()).toBe(false);
    await expect.poll(() => log, { interval: 10 }).toContain("leader leads no more");
    expect(leader.leads).toBe(false);
    expect(await holder()).toBe("thief");
  });

  it("is held no longer than its time without the database, and taken again when that is back", async () => {
    const leader = candidate("leader");
    await leader.start();
    await expect.poll(() => leader.leads, { interval: 10 }).toBe(true);
    await database.write.query(sql.type(z.object({}))`ALTER TABLE sync.leases RENAME TO leases_away`);
    await expect.poll(() => leader.leads, { interval: 10, timeout: 5_000 }).toBe(false);
    await expect
      .poll(() => leader.status().why, { interval: 10 })
      .toContain("the role flush cannot be asked for");
    await database.write.query(sql.type(z.object({}))`ALTER TABLE sync.leases_away RENAME TO leases`);
    await expect.poll(() => leader.leads, { interval: 10, timeout: 5_000 }).toBe(true);
  });

  it("is asked for again when what its leader does cannot start", async () => {
    let starts = 0;
    const leader = candidate("leader", {
      start: () => {
        starts += 1;
        return starts < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve();
      },
    });
    await leader.start();
    await expect.poll(() => starts, { interval: 10, timeout: 5_000 }).toBe(3);
    expect(errors.map(String)).toEqual(["Error: not yet", "Error: not yet"]);
  });

  it("may be started and stopped in any order", async () => {
    const any = candidate("any");
    await any.stop();
    await Promise.all([any.start(), any.start(), any.stop(), any.stop()]);
    await any.start();
    await expect.poll(() => any.leads, { interval: 10 }).toBe(true);
    await Promise.all([any.stop(), any.stop()]);
    expect(any.status().state).toBe("stopped");
    expect(await holder()).toBeNull();
  });

  const leases: Lease[] = [];
  const errors: unknown[] = [];
  function candidate(name: string, own: Partial<Service> = {}): RoleService {
    leases.length = 0;
    errors.length = 0;
    const service = leadRole({
      database,
      role,
      holder: name,
      ttlMs,
      lead: (lease) => {
        leases.push(lease);
        return {
          name,
          start: async () => void log.push(`${name} starts`),
          stop: async () => void log.push(`${name} stops`),
          status: () => ({ state: "running", why: undefined }),
          [Symbol.asyncDispose]: async () => {},
          ...own,
        };
      },
      onChange: (leads, epoch) => log.push(leads ? `${name} leads ${epoch}` : `${name} leads no more`),
      onError: (error) => errors.push(error),
    });
    open.push(service);
    return service;
  }

  async function steal(by: string): Promise<void> {
    await database.write.query(
      sql.type(z.object({}))`
        UPDATE sync.leases SET holder = ${by}, epoch = epoch + 1, expires_at = now() + INTERVAL '1 hour'`,
    );
  }

  async function holder(): Promise<string | null> {
    return await database.write.oneFirst(
      sql.type(z.object({ holder: z.string().nullable() }))`SELECT l.holder FROM sync.leases AS l`,
    );
  }
});
