import type { Benchmark, Case } from "../benchmark.ts";
import { queueKinds } from "../queues/queue-kinds.ts";
import { workers } from "../queues/queue-side.ts";
import { fill, type OpenSide, timed, withSides } from "../queues/with-sides.ts";
import { serverFacts, withPostgres } from "../server.ts";

const backlog = 1_000_000;
const rounds = 3;
const singleJobs = 3_000;
const batchedJobs = 30_000;

/** Whether a queue that has grown long is as fast as a short one. Takes some minutes and gigabytes. */
export const taskQueueBacklog: Benchmark = {
  name: "task-queue-backlog",
  summary: "claim to complete with a million jobs waiting (some minutes, 4 GB)",
  run: (bench) =>
    withPostgres(async (server) => {
      bench.conditions({
        ...serverFacts(server),
        backlog: `${backlog.toLocaleString("en")} jobs, vacuumed and analyzed before the rounds; what is done is not replaced`,
      });
      await withSides(server, queueKinds, async (sides) => {
        for (const open of sides) {
          await fill(open, backlog);
          await open.admin.query("VACUUM ANALYZE");
        }
        await sides[0]?.admin.query("CHECKPOINT");
        for (const measured of cases(sides)) await bench.measure(measured);
      });
    }),
};

function cases(sides: readonly OpenSide[]): Case[] {
  const caseOf = (name: string, jobs: number, work: (open: OpenSide) => Promise<number>): Case => ({
    name,
    unit: "jobs/s",
    amount: jobs,
    rounds,
    subjects: sides.map((open) => ({
      name: open.kind.name,
      ours: open.kind.ours ?? false,
      round: () => timed(open, jobs, () => work(open)),
    })),
  });
  return [
    caseOf(`claim to complete, ${workers} workers, one job each`, singleJobs, ({ side }) =>
      side.runSingle({ jobs: singleJobs }),
    ),
    caseOf("claim to complete, in batches", batchedJobs, ({ side }) =>
      side.runBatched({ jobs: batchedJobs }),
    ),
  ];
}
