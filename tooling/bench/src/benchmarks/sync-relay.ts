import { createRelay } from "@mister-smith/sync";
import type { Benchmark } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import {
  emptyState,
  pipelined,
  type SyncStage,
  stageFacts,
  stateValue,
  withSyncStage,
} from "../sync/sync-stage.ts";

const events = 20_000;
const atOnce = 256;
const rounds = 5;

/** How fast the relay is: against publishing messages of the same size that are in memory already. */
export const syncRelay: Benchmark = {
  name: "sync-relay",
  summary: "events relayed a second against bare pipelined publishes",
  run: (bench) =>
    withSyncStage(async (stage) => {
      const { link, agents, pool } = stage;
      bench.conditions({
        ...stageFacts(stage),
        load: `${events} state events of as many rows, written before each round; relay as shipped, without projections; bare: ${atOnce} in flight, with message ids`,
      });
      await pool.query("SELECT sync.enable_events('state')");
      const body = `{"schema":1,"kind":"state","operation":"put","data":${stateValue(1)},"filler":"${"y".repeat(250)}"}`;
      await bench.measure({
        name: "state events",
        unit: "events/s",
        amount: events,
        rounds,
        subjects: [
          { name: "relay", ours: true, round: () => relayed(stage) },
          {
            name: "bare js.publish",
            round: async () => {
              await link.manager.streams.purge("AGENT_STATE");
              return await secondsOf(() =>
                pipelined(events, atOnce, (number) =>
                  link.js.publish(`agents.state.${agents[number % agents.length]}.key`, body, {
                    msgID: crypto.randomUUID(),
                  }),
                ),
              );
            },
          },
        ],
      });
    }),
};

async function relayed(stage: SyncStage): Promise<number> {
  const { database, link, pool, agents } = stage;
  await emptyState(stage);
  await link.manager.streams.purge("AGENT_STATE");
  await pool.query("TRUNCATE sync.outbox, sync.outbox_pending");
  const numbers = Array.from({ length: events }, (_, number) => number);
  await pool.query(
    "INSERT INTO agents.state (agent_id, state_key, state_value) SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::JSONB[])",
    [
      numbers.map((number) => agents[number % agents.length]),
      numbers.map((number) => `key.${Math.floor(number / agents.length)}`),
      numbers.map(stateValue),
    ],
  );
  let published = 0;
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const relay = createRelay({
    database,
    link,
    project: { states: false, sessions: false, configs: false, cache: false },
    onPublished: (batch) => {
      published += batch.events;
      if (published >= events) resolve();
    },
    onError: reject,
  });
  const seconds = await secondsOf(async () => {
    await relay.start();
    await done;
  });
  await relay.stop();
  return seconds;
}
