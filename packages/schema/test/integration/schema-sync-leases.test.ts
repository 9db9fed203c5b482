import { clusters } from "@mister-smith/testkit";
import type { Client } from "pg";
import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { refusalOf } from "../support/refusal.ts";
import { value } from "../support/rows-of.ts";
import { useSchemaDatabase } from "../support/schema-database.ts";
import { backendOf, untilWaiting } from "../support/waiting.ts";

const leaseRow = z.object({ epoch: z.coerce.number(), expires_at: z.date() });

async function take(client: Client, holder: string, ttl = "1 minute", role = "flush") {
  const { rows } = await client.query("SELECT * FROM sync.take_lease($1, $2, $3)", [role, holder, ttl]);
  return z.array(leaseRow).max(1).parse(rows)[0];
}

const give = (client: Client, holder: string) =>
  value(client, "SELECT sync.give_lease('flush', $1)", [holder]);

/** Makes the lease one that ran out a moment ago. */
const expire = (client: Client) =>
  client.query("UPDATE sync.leases SET expires_at = clock_timestamp() - INTERVAL '1 millisecond'");

describe.each(clusters())("a lease on PostgreSQL $major", (cluster) => {
  const database = useSchemaDatabase(cluster);
  const client = () => database().client;

  beforeEach(async () => {
    await client().query("DELETE FROM sync.leases");
  });

  it("is one's while it lasts, keeps its epoch when it is prolonged, and is another's in a later epoch", async () => {
    const first = await take(client(), "ada");
    expect(first).toMatchObject({ epoch: 1 });
    expect(await take(client(), "bob")).toBeUndefined();
    const longer = await take(client(), "ada", "2 minutes");
    expect(longer?.epoch).toBe(1);
    expect(longer?.expires_at.getTime()).toBeGreaterThan(first?.expires_at.getTime() ?? Infinity);

    await expire(client());
    expect(await take(client(), "bob")).toMatchObject({ epoch: 2 });
    expect(await take(client(), "ada")).toBeUndefined();
  });

  it("that ran out and that nobody took is prolonged in its epoch", async () => {
    await take(client(), "ada");
    await expire(client());
    expect(await take(client(), "ada")).toMatchObject({ epoch: 1 });
  });

  it("is given back by its holder alone, and its epoch is not forgotten", async () => {
    await take(client(), "ada");
    expect(await give(client(), "bob")).toBe(false);
    expect(await take(client(), "bob")).toBeUndefined();
    expect(await give(client(), "ada")).toBe(true);
    expect(await give(client(), "ada")).toBe(false);
    expect(await take(client(), "bob")).toMatchObject({ epoch: 2 });
    await give(client(), "bob");
    expect(await take(client(), "bob")).toMatchObject({ epoch: 3 });
  });

  it("goes to one of twenty who ask at once, in each of ten rounds, and every time in a later epoch", async () => {
    const callers = await Promise.all(Array.from({ length: 20 }, () => database().connect()));
    const epochs: number[] = [];
    for (let round = 0; round < 10; round += 1) {
      const taken = await Promise.all(callers.map((caller, nr) => take(caller, `${round} ${nr}`)));
      const [winner, ...others] = taken.filter((lease) => lease !== undefined);
      expect(others).toEqual([]);
      epochs.push(winner?.epoch ?? 0);
      await expire(client());
    }
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it("is judged when the row is free, not when its taker began to wait", async () => {
    const [slow, other] = [await database().connect(), await database().connect()];
    await take(client(), "ada");
    await expire(client());
    await slow.query("BEGIN");
    await slow.query("SELECT FROM sync.take_lease('flush', 'bob', '1 minute')");
    const backend = await backendOf(other);
    const waiting = take(other, "eve");
    await untilWaiting(client(), backend);
    await slow.query("COMMIT");
    expect(await waiting).toBeUndefined();
  });

  it.each([
    ["no time", "'ada', '0'"],
    ["a time that is none", "'ada', NULL"],
    ["nobody", "NULL, '1 second'"],
  ])("is refused for %s", async (_, args) => {
    expect(await refusalOf(client().query(`SELECT FROM sync.take_lease('flush', ${args})`))).toMatchObject({
      code: "22023",
    });
  });
});
