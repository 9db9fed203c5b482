import { createDatabase } from "@mister-smith/client";
import { adviseIndexes, applyRecommendation, keepAdvice } from "@mister-smith/monitoring";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import type pg from "pg";
import { extend, namedColumns } from "../advice/extend.ts";
import { hypotheticalCosts, indexText, plannedCost } from "../advice/hypothetical-costs.ts";
import { type AdviceWorkload, adviceWorkloads } from "../advice/workloads.ts";
import type { Benchmark, BenchmarkContext } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { connect, serverFacts, urlOf, withPostgres } from "../server.ts";

const budgetBytes = 64 * 1024 * 1024;
const timings = 5;
/** A statement that takes so much longer is slower, and no noise. */
const slower = 1.2;

/** Our advice against the greedy what-if search "Extend" at the same budget, and against the indexes really built. */
export const indexAdvice: Benchmark = {
  name: "index-advice",
  summary:
    "advice on indexes against the greedy search Extend, at the same budget, and really built; needs hypopg",
  run: (bench) =>
    withPostgres(async (server) => {
      bench.conditions({
        ...serverFacts(server),
        budget: "64 MiB; each statement counts once; Extend up to 3 columns",
      });
      for (const [at, workload] of adviceWorkloads.entries()) {
        const name = `bench_advice_${at}`;
        const admin = await connect(server, "postgres");
        await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)}`);
        await admin.end();
        await migrateUp({ connection: urlOf(server, name), folder: migrationsFolder() });
        const client = await connect(server, name);
        await client.query(workload.ddl);
        await client.query("VACUUM ANALYZE");
        // What is there was written before anything is judged.
        await client.query("SELECT pg_stat_force_next_flush()");
        await client.query("SELECT pg_stat_reset()");
        await client.query("CREATE EXTENSION hypopg");
        await compare(bench, client, urlOf(server, name), workload);
        await client.end();
      }
    }),
};

async function compare(
  bench: BenchmarkContext,
  client: pg.Client,
  url: string,
  { name, statements }: AdviceWorkload,
): Promise<void> {
  const costs = hypotheticalCosts(client, statements);
  const before = await costs.total([]);
  const columns = await namedColumns(client, statements);
  let peer: Awaited<ReturnType<typeof extend>> = [];
  const peerSeconds = await secondsOf(async () => {
    peer = await extend(costs, columns, { budgetBytes, maxColumns: 3 });
  });
  const peerCost = await costs.total(peer);
  await client.query("SELECT hypopg_reset()");
  await using database = await createDatabase({ primary: { url, max: 3 } });
  let advice: Awaited<ReturnType<typeof adviseIndexes>> | undefined;
  const given = statements.map((text, at) => ({ queryId: String(at + 1), text, calls: 1 }));
  const seconds = await secondsOf(async () => {
    advice = await adviseIndexes(database, { statements: given, budgetBytes });
  });
  if (advice === undefined) throw new TypeError("there was no advice");
  const many = Array.from({ length: 500 }, (_, at) => ({
    queryId: String(at + 1),
    text: `${statements[at % statements.length]} -- ${at}`,
    calls: 1,
  }));
  const manySeconds = await secondsOf(async () => {
    await adviseIndexes(database, { statements: many, budgetBytes });
  });
  const timesBefore = await timesOf(client, statements);
  const kept = await keepAdvice(database.write, advice);
  for (const { recommendation_id: id } of kept) await applyRecommendation(database, id);
  await client.query("ANALYZE");
  const timesAfter = await timesOf(client, statements);
  let built = 0;
  for (const text of statements) built += await plannedCost(client, text);
  const worse = statements.filter((_, at) => (timesAfter[at] ?? 0) > (timesBefore[at] ?? 0) * slower);
  const worsened = advice.indexes.filter((one) => one.statements.some(({ text }) => worse.includes(text)));
  const line = (subject: string, what: string, value: number, unit: string) => ({
    bench: "index-advice",
    case: `${name}: ${what}`,
    subject,
    value: Number(value.toPrecision(4)),
    unit,
  });
  const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);
  bench.report([
    line("as it is", "cost of the workload", before, "planner"),
    line("ours", "cost of the workload", advice.costAfter, "planner"),
    line("ours, really built", "cost of the workload", built, "planner"),
    line("Extend", "cost of the workload", peerCost, "planner"),
    line("ours", "indexes", advice.indexes.length, "indexes"),
    line("Extend", "indexes", peer.length, "indexes"),
    line("ours", "size", sum(advice.indexes.map(({ sizeBytes }) => sizeBytes)) / 2 ** 20, "MiB"),
    line("Extend", "size", await sizeOf(costs, peer), "MiB"),
    line("ours", "search", seconds, "s"),
    line("ours, 500 statements", "search", manySeconds, "s"),
    line("Extend", "search", peerSeconds, "s"),
    line("before", "all statements, really run", sum(timesBefore), "ms"),
    line("ours, really built", "all statements, really run", sum(timesAfter), "ms"),
    line("ours, really built", "indexes with a statement that is slower", worsened.length, "indexes"),
    line("ours, really built", "statements that are slower", worse.length, "statements"),
    line(
      "ours",
      "redundant indexes",
      redundantIn(advice.indexes.map(({ table, keys }) => ({ table, columns: keys }))),
      "indexes",
    ),
    line("Extend", "redundant indexes", redundantIn(peer), "indexes"),
  ]);
  for (const { definition } of advice.indexes) console.error(`ours    ${definition}`);
  for (const one of peer) console.error(`Extend  ${indexText(one)}`);
  for (const text of worse) console.error(`slower  ${text}`);
}

async function sizeOf(
  costs: ReturnType<typeof hypotheticalCosts>,
  indexes: Awaited<ReturnType<typeof extend>>,
) {
  let bytes = 0;
  for (const one of indexes) bytes += await costs.sizeOf(one);
  return bytes / 2 ** 20;
}

function redundantIn(
  indexes: readonly { readonly table: string; readonly columns: readonly string[] }[],
): number {
  return indexes.filter((one) =>
    indexes.some(
      (other) =>
        other !== one &&
        other.table === one.table &&
        one.columns.every((column, at) => other.columns[at] === column),
    ),
  ).length;
}

/** The shortest of several times of each statement, in milliseconds. */
async function timesOf(client: pg.Client, statements: readonly string[]): Promise<readonly number[]> {
  const times = [];
  for (const text of statements) {
    let shortest = Number.POSITIVE_INFINITY;
    for (let n = 0; n < timings; n += 1)
      shortest = Math.min(shortest, (await secondsOf(() => client.query(text))) * 1000);
    times.push(shortest);
  }
  return times;
}
