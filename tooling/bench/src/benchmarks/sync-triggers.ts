import type { Benchmark, Subject } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { pipelined, type SyncStage, stageFacts, stateValue, withSyncStage } from "../sync/sync-stage.ts";

const rounds = 7;

/** What it costs the writers of state that the database tells of their writes. */
export const syncTriggers: Benchmark = {
  name: "sync-triggers",
  summary: "what the event triggers cost the writers of state",
  run: (bench) =>
    withSyncStage(async (stage) => {
      bench.conditions({
        ...stageFacts(stage),
        ratios: "ours: with the trigger; above 0.85 is the aim; the outbox is emptied before each round",
      });
      await measure(bench, stage, "updates, one a transaction, 10 connections", 4_000, (keys) =>
        pipelined(keys, 10, (number) => update(stage, [number])),
      );
      await measure(bench, stage, "updates, 1,000 a statement", 40_000, async (keys) => {
        for (let from = 0; from < keys; from += 1_000)
          await update(
            stage,
            Array.from({ length: 1_000 }, (_, n) => from + n),
          );
      });
    }),
};

async function measure(
  bench: Parameters<Benchmark["run"]>[0],
  stage: SyncStage,
  name: string,
  keys: number,
  write: (keys: number) => Promise<unknown>,
): Promise<void> {
  await insert(stage, keys);
  const subject = (title: string, events: boolean): Subject => ({
    name: title,
    ours: events,
    round: async () => {
      await stage.pool.query(`SELECT sync.${events ? "enable" : "disable"}_events('state')`);
      await stage.pool.query("TRUNCATE sync.outbox, sync.outbox_pending");
      await stage.pool.query("VACUUM agents.state");
      return await secondsOf(() => write(keys));
    },
  });
  await bench.measure({
    name,
    unit: "rows/s",
    amount: keys,
    rounds,
    subjects: [subject("with events", true), subject("without", false)],
  });
}

function keyOf({ agents }: SyncStage, number: number) {
  return {
    agentId: agents[number % agents.length] ?? "",
    stateKey: `key.${Math.floor(number / agents.length)}`,
  };
}

async function insert(stage: SyncStage, keys: number): Promise<void> {
  await stage.pool.query("TRUNCATE agents.state");
  const numbers = Array.from({ length: keys }, (_, number) => number);
  await stage.pool.query(
    "INSERT INTO agents.state (agent_id, state_key, state_value) SELECT * FROM unnest($1::UUID[], $2::TEXT[], $3::JSONB[])",
    columnsOf(stage, numbers),
  );
}

async function update(stage: SyncStage, numbers: readonly number[]): Promise<void> {
  await stage.pool.query({ name: "update", text, values: columnsOf(stage, numbers) });
}

function columnsOf(stage: SyncStage, numbers: readonly number[]) {
  return [
    numbers.map((number) => keyOf(stage, number).agentId),
    numbers.map((number) => keyOf(stage, number).stateKey),
    numbers.map(stateValue),
  ];
}

const text = `
  UPDATE agents.state AS s SET state_value = u.state_value, version = s.version + 1
  FROM unnest($1::UUID[], $2::TEXT[], $3::JSONB[]) AS u (agent_id, state_key, state_value)
  WHERE s.agent_id = u.agent_id AND s.state_key = u.state_key
`;
