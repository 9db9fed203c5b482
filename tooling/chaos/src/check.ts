import { setTimeout as pause } from "node:timers/promises";
import { sql } from "@mister-smith/client";
import { readPosition } from "@mister-smith/sync";
import { z } from "zod";
import type { Load } from "./load.ts";
import { lookIntoBucket, lookIntoTable } from "./look.ts";
import type { World } from "./world.ts";

/** How long it may take until all is brought over once nothing happens any more, in milliseconds. */
const settleTimeoutMs = 60_000;

/** Waits until the bucket is flushed and the outbox is empty. Returns how long it took, in milliseconds. */
export async function settled(world: World): Promise<number> {
  const began = performance.now();
  let last = "";
  for (;;) {
    last = await unsettled(world).catch((error: unknown) => String(error));
    if (last === "") return performance.now() - began;
    if (performance.now() - began > settleTimeoutMs)
      throw new Error(`not settled after ${settleTimeoutMs} ms: ${last}`);
    await pause(50);
  }
}

async function unsettled({ database, link }: World): Promise<string> {
  const { state } = await link.manager.streams.info("KV_AGENT_STATE");
  const position = await readPosition(database);
  if ((position?.sequence ?? 0) < state.last_seq)
    return `flushed to ${position?.sequence} of ${state.last_seq}; the stream says ${JSON.stringify(state)}`;
  const pending = await database.write.oneFirst(
    sql.type(z.object({ pending: z.int() }))`SELECT count(*)::INTEGER AS pending FROM sync.outbox_pending`,
    { timeoutMs: 5_000 },
  );
  return pending === 0 ? "" : `${pending} events are not published`;
}

/**
 * Compares both stores with what is known of each key, while nothing is written. Returns what is wrong, a line each.
 */
export async function violations(world: World, load: Load): Promise<string[]> {
  const table = await lookIntoTable(world, load.keys);
  const wrong: string[] = [];
  for (const key of load.keys) {
    const name = `${key.agentId}.${key.stateKey} (${key.writer})`;
    const row = table.get(key) ?? "nothing";
    const inTable = key.history.wrongAtRest(row);
    if (inTable !== undefined) wrong.push(`${name}: the table ${inTable}`);
    const bucket = await lookIntoBucket(world, key);
    if (bucket !== "cold" && bucket !== row)
      wrong.push(`${name}: the bucket holds ${bucket}, the table ${row}`);
  }
  const parked = await world.database.write.oneFirst(
    sql.type(z.object({ parked: z.int() }))`
      SELECT count(*)::INTEGER AS parked FROM sync.dead_letters AS d WHERE d.pipe = 'flush'
    `,
    { timeoutMs: 5_000 },
  );
  // Newer bad writes of a key take the place of older ones in the bucket before they are read.
  if (load.counts.bad > 0 && parked === 0) wrong.push(`${load.counts.bad} bad writes, and no dead letter`);
  return wrong;
}
