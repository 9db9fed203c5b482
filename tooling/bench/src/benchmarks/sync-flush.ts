import { createFlusher, readPosition, stateStream, stateSubject } from "@mister-smith/sync";
import type { Benchmark } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { versionOf } from "../queues/version-of.ts";
import {
  emptyState,
  pipelined,
  type SyncStage,
  stageFacts,
  stateValue,
  withSyncStage,
} from "../sync/sync-stage.ts";

const keys = 40_000;
const batch = 2_000;
const rounds = 5;

/** How fast the flusher is: against the upsert that it consists of, with everything in memory already. */
export const syncFlush: Benchmark = {
  name: "sync-flush",
  summary: "keys flushed a second against a bare unnest upsert of the same batches",
  run: (bench) =>
    withSyncStage(async (stage) => {
      bench.conditions({
        ...stageFacts(stage),
        load: `${keys} new keys of ${stage.agents.length} agents, batches of ${batch}; the flusher reads them from the bucket and checks each`,
      });
      await bench.measure({
        name: "new keys",
        unit: "keys/s",
        amount: keys,
        rounds,
        subjects: [
          { name: "flusher", ours: true, round: () => flushed(stage) },
          { name: `pg ${versionOf("pg")}, unnest upsert`, round: () => upserted(stage) },
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

async function flushed(stage: SyncStage): Promise<number> {
  const { link, database } = stage;
  await emptyState(stage);
  await pipelined(keys, 256, (number) =>
    link.js.publish(stateSubject(keyOf(stage, number)), stateValue(number)),
  );
  const { state } = await link.manager.streams.info(stateStream);
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const flusher = createFlusher({
    database,
    link,
    onBatch: ({ position }) => {
      if (position.sequence >= state.last_seq) resolve();
    },
    onError: reject,
  });
  const seconds = await secondsOf(async () => {
    await flusher.start();
    await done;
  });
  await flusher.stop();
  const position = await readPosition(database);
  if (position?.sequence !== state.last_seq)
    throw new Error(`flushed to ${position?.sequence} of ${state.last_seq}`);
  return seconds;
}

async function upserted(stage: SyncStage): Promise<number> {
  await emptyState(stage);
  const client = await stage.pool.connect();
  try {
    return await secondsOf(async () => {
      for (let from = 0; from < keys; from += batch) {
        const numbers = Array.from({ length: batch }, (_, n) => from + n);
        await client.query({
          name: "upsert",
          text: upsert,
          values: [
            numbers.map((number) => keyOf(stage, number).agentId),
            numbers.map((number) => keyOf(stage, number).stateKey),
            numbers.map(stateValue),
          ],
        });
      }
    });
  } finally {
    client.release();
  }
}

const upsert = `
  INSERT INTO agents.state AS s (agent_id, state_key, state_value)
  SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::JSONB[])
  ON CONFLICT (agent_id, state_key) DO UPDATE SET state_value = excluded.state_value, version = s.version + 1
`;
