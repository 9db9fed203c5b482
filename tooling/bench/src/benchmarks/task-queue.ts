import type { Benchmark, Case } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { payloads } from "../queues/payloads.ts";
import { queueKinds } from "../queues/queue-kinds.ts";
import { workers } from "../queues/queue-side.ts";
import { tablesAlone } from "../queues/tables-alone-side.ts";
import { enqueueBatches, fill, type OpenSide, timed, withSides } from "../queues/with-sides.ts";
import { serverFacts, withPostgres } from "../server.ts";

const rounds = 5;
const singleJobs = 3_000;
const batchedJobs = 30_000;
const kinds = [...queueKinds, tablesAlone];

/** Jobs in and out of an empty queue. */
export const taskQueue: Benchmark = {
  name: "task-queue",
  summary: "enqueue, and claim to complete, single and in batches, against pg-boss and graphile-worker",
  run: (bench) =>
    withPostgres(async (server) => {
      bench.conditions({
        ...serverFacts(server),
        payload: "300 bytes of JSON",
        counted: "claim to complete: from the start of the workers until every completion is committed",
        ...Object.fromEntries(kinds.map(({ name, settings }) => [name, settings])),
      });
      await withSides(server, kinds, async (sides) => {
        for (const measured of cases(sides)) await bench.measure(measured);
      });
    }),
};

function cases(sides: readonly OpenSide[]): Case[] {
  const caseOf = (name: string, jobs: number, round: (open: OpenSide) => Promise<number>): Case => ({
    name,
    unit: "jobs/s",
    amount: jobs,
    rounds,
    subjects: sides.map((open) => ({
      name: open.kind.name,
      ours: open.kind.ours ?? false,
      round: () => round(open),
    })),
  });
  return [
    caseOf(`enqueue, one a call, ${workers} producers`, singleJobs, async (open) => {
      await open.side.clear();
      return await secondsOf(() => produce(open, singleJobs));
    }),
    caseOf("enqueue, 1,000 a call", batchedJobs, async (open) => {
      await open.side.clear();
      return await secondsOf(() => enqueueBatches(open.side, batchedJobs));
    }),
    caseOf(`claim to complete, ${workers} workers, one job each`, singleJobs, async (open) => {
      await fill(open, singleJobs);
      return await timed(open, singleJobs, () => open.side.runSingle({ jobs: singleJobs }));
    }),
    caseOf("claim to complete, in batches", batchedJobs, async (open) => {
      await fill(open, batchedJobs);
      return await timed(open, batchedJobs, () => open.side.runBatched({ jobs: batchedJobs }));
    }),
  ];
}

async function produce({ side }: OpenSide, jobs: number): Promise<void> {
  const waiting = payloads(jobs);
  const producer = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await side.enqueueOne(next);
  };
  await Promise.all(Array.from({ length: workers }, producer));
}
