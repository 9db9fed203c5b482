import { createStateStore, stateSubject } from "@mister-smith/sync";
import type { Benchmark } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { versionOf } from "../queues/version-of.ts";
import { emptyState, pipelined, stageFacts, stateValue, withSyncStage } from "../sync/sync-stage.ts";

const writes = 20_000;
const atOnce = 256;
const keys = 5_000;
const rounds = 5;

/** What an acknowledged write costs: against a bare publish to the bucket, and against writing the table at once. */
export const syncPuts: Benchmark = {
  name: "sync-puts",
  summary: "acknowledged writes of state against bare publishes and against upserts",
  run: (bench) =>
    withSyncStage(async (stage) => {
      const { link, pool, agents } = stage;
      await using store = await createStateStore({ link, timeoutMs: 30_000 });
      bench.conditions({
        ...stageFacts(stage),
        load: `${writes} writes of ${keys} keys, ${atOnce} in flight; the upserts over 10 connections`,
      });
      const keyOf = (number: number) => ({
        agentId: agents[number % agents.length] ?? "",
        stateKey: `key.${number % (keys / agents.length)}`,
      });
      const round = (one: (number: number) => Promise<unknown>) => async () => {
        await emptyState(stage);
        return await secondsOf(() => pipelined(writes, atOnce, one));
      };
      await bench.measure({
        name: "one key a call",
        unit: "writes/s",
        amount: writes,
        rounds,
        subjects: [
          {
            name: "store.put",
            ours: true,
            round: round((number) => {
              const { agentId, stateKey } = keyOf(number);
              return store.put(agentId, stateKey, { number, text: "x".repeat(270) });
            }),
          },
          {
            name: "bare js.publish",
            round: round((number) =>
              link.js.publish(stateSubject(keyOf(number)), JSON.stringify({ number, text: "x".repeat(270) })),
            ),
          },
          {
            name: `pg ${versionOf("pg")}, upsert`,
            round: round((number) => {
              const { agentId, stateKey } = keyOf(number);
              return pool.query({
                name: "upsert",
                text: upsert,
                values: [agentId, stateKey, stateValue(number)],
              });
            }),
          },
        ],
      });
    }),
};

const upsert = `
  INSERT INTO agents.state AS s (agent_id, state_key, state_value) VALUES ($1, $2, $3)
  ON CONFLICT (agent_id, state_key) DO UPDATE SET state_value = excluded.state_value, version = s.version + 1
`;
