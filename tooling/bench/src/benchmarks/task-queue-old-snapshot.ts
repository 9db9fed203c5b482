import type { EmbeddedPostgres } from "@mister-smith/embedded";
import type { Benchmark, BenchmarkContext } from "../benchmark.ts";
import { median, resultsOf } from "../measure.ts";
import { type Pace, watchPace } from "../queues/pace.ts";
import { queueKinds } from "../queues/queue-kinds.ts";
import type { Run } from "../queues/queue-side.ts";
import { fill, type OpenSide, timed, withSides } from "../queues/with-sides.ts";
import { connect, serverFacts, withPostgres } from "../server.ts";

const rounds = 2;
const limitMs = 15_000;

/** A kind of run, cut into parts whose rates are compared. */
interface Plan {
  readonly name: string;
  readonly jobs: number;
  readonly parts: readonly (readonly [from: number, to: number])[];
  readonly work: (open: OpenSide, run: Run) => Promise<number>;
}

const plans: readonly Plan[] = [
  {
    name: "10 workers, one job each",
    jobs: 20_000,
    parts: [
      [0, 1_000],
      [4_000, 5_000],
      [9_000, 10_000],
      [19_000, 20_000],
    ],
    work: ({ side }, run) => side.runSingle(run),
  },
  {
    name: "in batches",
    jobs: 100_000,
    parts: [
      [0, 10_000],
      [20_000, 30_000],
      [40_000, 50_000],
      [90_000, 100_000],
    ],
    work: ({ side }, run) => side.runBatched(run),
  },
];

/**
 * A transaction of somebody else that was begun before the jobs came keeps every dead row and every dead index entry
 * of theirs: whoever looks for the next job from the beginning passes all of them.
 */
export const taskQueueOldSnapshot: Benchmark = {
  name: "task-queue-old-snapshot",
  summary: "claim to complete while an old transaction keeps dead rows from being removed",
  run: (bench) =>
    withPostgres(async (server) => {
      bench.conditions({
        ...serverFacts(server),
        snapshot: "a repeatable read transaction with an id, in the same database, older than the jobs",
        counted: `jobs a second in parts of one run; a run ends after ${limitMs / 1_000} s, what it did not reach is null`,
      });
      await withSides(server, queueKinds, async (sides) => {
        for (const plan of plans) await measurePlan(bench, server, sides, plan);
      });
    }),
};

async function measurePlan(
  bench: BenchmarkContext,
  server: EmbeddedPostgres,
  sides: readonly OpenSide[],
  plan: Plan,
): Promise<void> {
  const paces = new Map<OpenSide, Pace[]>(sides.map((side) => [side, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const side of sides) paces.get(side)?.push(await heldRun(server, side, plan));
  for (const [from, to] of plan.parts) {
    const rates = sides.map((side) => ({
      name: side.kind.name,
      ours: side.kind.ours ?? false,
      rate: median((paces.get(side) ?? []).map((pace) => pace.between(from, to))),
    }));
    bench.report(
      resultsOf(
        "task-queue-old-snapshot",
        `${plan.name}, jobs ${from.toLocaleString("en")} to ${to.toLocaleString("en")}`,
        "jobs/s",
        rates,
      ),
    );
  }
}

async function heldRun(server: EmbeddedPostgres, open: OpenSide, plan: Plan): Promise<Pace> {
  await open.side.clear();
  const holder = await connect(server, open.admin.database ?? "");
  try {
    await holder.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
    await holder.query("SELECT pg_current_xact_id()");
    await fill(open, plan.jobs);
    const pace = watchPace();
    await timed(open, 0, () =>
      plan.work(open, { jobs: plan.jobs, signal: AbortSignal.timeout(limitMs), onDone: pace.onDone }),
    );
    return pace;
  } finally {
    await holder.end();
  }
}
