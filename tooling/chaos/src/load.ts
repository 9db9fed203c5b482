import { sql } from "@mister-smith/client";
import { stateSubject } from "@mister-smith/sync";
import { headers } from "@nats-io/transport-node";
import { z } from "zod";
import { KeyHistory } from "./key-history.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** A key, all that is known of it, and who writes it. */
export interface WatchedKey {
  readonly agentId: string;
  readonly stateKey: string;
  readonly history: KeyHistory;
  /** `bucket`: any client of NATS; `sql`: somebody with psql. */
  readonly writer: "bucket" | "sql";
}

/** What was written. */
export interface LoadCounts {
  acknowledged: number;
  unknown: number;
  /** Writes that no row can hold, which were acknowledged by JetStream. */
  bad: number;
}

/** Writers that go on until they are stopped, each key by one of them, one write after the other. */
export interface Load {
  readonly keys: readonly WatchedKey[];
  readonly counts: LoadCounts;
  /** Lets the writes that are under way come to their end, and none begin until `resume`. */
  rest(): Promise<void>;
  resume(): void;
}

/** One write of so many is one that cannot be kept. */
const badEvery = 200;
/** One write of so many deletes. */
const deleteEvery = 6;

/** Makes the keys of some agents, and writers that begin with `resume`. */
export async function createLoad(
  world: World,
  random: Random,
  { agents, keysPerAgent }: { readonly agents: number; readonly keysPerAgent: number },
): Promise<Load> {
  const registered = await Promise.all(
    Array.from({ length: agents }, (_, n) =>
      world.database.agents.register({ agentType: "chaos", agentName: `chaos ${n}` }),
    ),
  );
  const keys: WatchedKey[] = registered.flatMap(({ agentId }) =>
    Array.from({ length: keysPerAgent }, (_, n) => ({
      agentId,
      stateKey: `key.${n}`,
      history: new KeyHistory(),
      writer: n === 0 ? "sql" : "bucket",
    })),
  );
  const counts: LoadCounts = { acknowledged: 0, unknown: 0, bad: 0 };
  let running = false;
  let writing: Promise<unknown> = Promise.resolve();
  const writersAtOnce = 16;

  return {
    keys,
    counts,
    resume() {
      running = true;
      const shares = Array.from({ length: writersAtOnce }, (_, n) =>
        keys.filter((_key, place) => place % writersAtOnce === n),
      );
      writing = Promise.all(shares.filter((share) => share.length > 0).map((share) => writer(share)));
    },
    async rest() {
      running = false;
      await writing;
    },
  };

  async function writer(share: readonly WatchedKey[]): Promise<void> {
    while (running) {
      await write(random.pick(share));
      if (random.between(1, badEvery) === 1) await writeBadly(random.pick(share));
    }
  }

  async function write(key: WatchedKey): Promise<void> {
    const number = key.history.begin();
    const kind = random.between(1, deleteEvery) === 1 ? "delete" : "put";
    try {
      await (key.writer === "sql" ? writeBySql(key, number, kind) : writeToBucket(key, number, kind));
      key.history.acknowledged(number, kind);
      counts.acknowledged += 1;
    } catch {
      key.history.unknown(number, kind);
      counts.unknown += 1;
    }
  }

  async function writeToBucket(key: WatchedKey, number: number, kind: "put" | "delete"): Promise<void> {
    const own = headers();
    if (kind === "delete") own.set("KV-Operation", "DEL");
    const body = kind === "delete" ? "" : textOfWrite(number);
    await world.link.js.publish(stateSubject(key), body, { headers: own });
  }

  async function writeBySql({ agentId, stateKey }: WatchedKey, number: number, kind: "put" | "delete") {
    const nothing = sql.type(z.object({}));
    const statement =
      kind === "delete"
        ? nothing`DELETE FROM agents.state WHERE agent_id = ${agentId} AND state_key = ${stateKey}`
        : nothing`
            INSERT INTO agents.state (agent_id, state_key, state_value)
            VALUES (${agentId}, ${stateKey}, ${textOfWrite(number)}::JSONB)
            ON CONFLICT (agent_id, state_key) DO UPDATE SET state_value = excluded.state_value
          `;
    await world.database.write.query(statement, { timeoutMs: 5_000 });
  }

  async function writeBadly({ agentId }: WatchedKey): Promise<void> {
    const bodies = ["{", '"\\u0000"', "1e999999"];
    try {
      await world.link.js.publish(stateSubject({ agentId, stateKey: "bad" }), random.pick(bodies));
      counts.bad += 1;
    } catch {
      // It may be there or not; only those that were acknowledged are counted.
    }
  }
}

/** The value of a write: its number, and some bytes. */
function textOfWrite(number: number): string {
  return JSON.stringify({ number, text: "x".repeat(200) });
}
