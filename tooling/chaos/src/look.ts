import { sql } from "@mister-smith/client";
import { stateSubject } from "@mister-smith/sync";
import { z } from "zod";
import type { Held } from "./key-history.ts";
import type { WatchedKey } from "./load.ts";
import type { World } from "./world.ts";

const value = z.object({ number: z.int() });
const stateRow = z.object({ agent_id: z.string(), state_key: z.string(), number: z.int() });

/** What PostgreSQL holds of each key, as of one moment. */
export async function lookIntoTable(
  world: World,
  keys: readonly WatchedKey[],
): Promise<ReadonlyMap<WatchedKey, Held>> {
  const agents = [...new Set(keys.map(({ agentId }) => agentId))];
  const rows = await world.database.write.any(
    sql.type(stateRow)`
      SELECT s.agent_id::TEXT AS agent_id, s.state_key, (s.state_value ->> 'number')::INTEGER AS number
      FROM agents.state AS s
      WHERE s.agent_id = ANY (${sql.array(agents, "uuid")}) AND s.state_value ? 'number'
    `,
    { timeoutMs: 5_000 },
  );
  const held = new Map(rows.map((row) => [`${row.agent_id} ${row.state_key}`, row.number]));
  return new Map(keys.map((key) => [key, held.get(`${key.agentId} ${key.stateKey}`) ?? "nothing"]));
}

/** What the bucket holds of a key; `cold` when it has never heard of it, or has forgotten it. */
export async function lookIntoBucket(world: World, key: WatchedKey): Promise<Held | "cold"> {
  const message = await world.link.manager.streams.getMessage("KV_AGENT_STATE", {
    last_by_subj: stateSubject(key),
  });
  if (message === null) return "cold";
  if ((message.header?.get("KV-Operation") ?? "") !== "") return "nothing";
  return value.parse(message.json()).number;
}
