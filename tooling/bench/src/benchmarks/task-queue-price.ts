import type { Benchmark, Case } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { plainTask, type SmithVariant, smithKind } from "../queues/smith-side.ts";
import { enqueueBatches, fill, type OpenSide, timed, withSides } from "../queues/with-sides.ts";
import { serverFacts, withPostgres } from "../server.ts";

const jobs = 10_000;
const rounds = 5;

const variants: readonly SmithVariant[] = [
  { name: "plain", ours: true, batches: "worker" },
  {
    name: "a unique key each",
    batches: "worker",
    taskOf: (payload) => ({ ...plainTask(payload), uniqueKey: `key ${crypto.randomUUID()}` }),
  },
  {
    name: "1,000 order keys",
    batches: "worker",
    taskOf: (payload, place) => ({ ...plainTask(payload), orderKey: `key ${place}` }),
  },
  {
    name: "each waits for one of the call before",
    batches: "worker",
    taskOf: (payload, place, before) => {
      const other = before[place];
      return { ...plainTask(payload), ...(other === undefined ? {} : { dependsOn: [other] }) };
    },
  },
];

/** What the features cost that the others do not have. The execution records are in all of them. */
export const taskQueuePrice: Benchmark = {
  name: "task-queue-price",
  summary: "what unique keys, order keys and dependencies cost",
  run: (bench) =>
    withPostgres(async (server) => {
      const kinds = variants.map(smithKind);
      bench.conditions({
        ...serverFacts(server),
        settings: kinds[0]?.settings ?? "",
        ratios: "plain over the others: by how much the feature slows down",
      });
      await withSides(server, kinds, async (sides) => {
        for (const measured of cases(sides)) await bench.measure(measured);
      });
    }),
};

function cases(sides: readonly OpenSide[]): Case[] {
  const caseOf = (name: string, round: (open: OpenSide) => Promise<number>): Case => ({
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
    caseOf("enqueue, 1,000 a call", async (open) => {
      await open.side.clear();
      return await secondsOf(() => enqueueBatches(open.side, jobs));
    }),
    caseOf("claim to complete, by a worker that claims ahead", async (open) => {
      await fill(open, jobs);
      return await timed(open, jobs, () => open.side.runBatched({ jobs }));
    }),
  ];
}
