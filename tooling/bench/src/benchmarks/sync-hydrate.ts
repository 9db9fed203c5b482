import { hydrate, stateStream, stateSubject } from "@mister-smith/sync";
import type { Benchmark } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { pipelined, type SyncStage, stageFacts, stateValue, withSyncStage } from "../sync/sync-stage.ts";

const keys = 20_000;
const atOnce = 256;
const rounds = 5;

/** How fast an empty bucket is filled from PostgreSQL: against publishing what is in memory already. */
export const syncHydrate: Benchmark = {
  name: "sync-hydrate",
  summary: "keys hydrated a second against bare pipelined publishes",
  run: (bench) =>
    withSyncStage(async (stage) => {
      const { link, database, agents } = stage;
      bench.conditions({
        ...stageFacts(stage),
        load: `${keys} keys of ${agents.length} agents, ${atOnce} in flight`,
      });
      await fill(stage);
      await bench.measure({
        name: "empty bucket",
        unit: "keys/s",
        amount: keys,
        rounds,
        subjects: [
          {
            name: "hydrate",
            ours: true,
            round: async () => {
              await link.manager.streams.purge(stateStream);
              const seconds = await secondsOf(async () => {
                const { created } = await hydrate({ database, link }, { agents: "all", concurrency: atOnce });
                if (created !== keys) throw new Error(`hydrated ${created} of ${keys}`);
              });
              return seconds;
            },
          },
          {
            name: "bare js.publish",
            round: async () => {
              await link.manager.streams.purge(stateStream);
              return await secondsOf(() =>
                pipelined(keys, atOnce, (number) =>
                  link.js.publish(stateSubject(keyOf(stage, number)), stateValue(number)),
                ),
              );
            },
          },
        ],
      });
    }),
};

function keyOf({ agents }: SyncStage, number: number) {
  return {
    agentId: agents[number % agents.length] ?? "",
    stateKey: `key.${Math.floor(number / agents.length)}`,
  };
}

async function fill(stage: SyncStage): Promise<void> {
  const numbers = Array.from({ length: keys }, (_, number) => number);
  await stage.pool.query(
    "INSERT INTO agents.state (agent_id, state_key, state_value) SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::JSONB[])",
    [
      numbers.map((number) => keyOf(stage, number).agentId),
      numbers.map((number) => keyOf(stage, number).stateKey),
      numbers.map(stateValue),
    ],
  );
  await stage.pool.query("VACUUM ANALYZE agents.state");
}
