import { createDatabase } from "@mister-smith/client";
import { type FoundPostgres, listPostgres, startPostgres } from "@mister-smith/embedded";
import { explainStatement } from "@mister-smith/monitoring";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import type pg from "pg";
import { corpus, corpusSetup } from "../../../../packages/monitoring/test/corpus/corpus.ts";
import {
  type RecordedText,
  recordedTexts,
} from "../../../../packages/monitoring/test/corpus/recorded-texts.ts";
import type { Benchmark, BenchmarkContext } from "../benchmark.ts";
import { connect, withDatabase } from "../server.ts";

/** Of how many statements there is a plan, as pg_stat_statements keeps them, on each PostgreSQL at hand. */
export const explainable: Benchmark = {
  name: "explainable",
  summary: "statements as pg_stat_statements keeps them that can be planned, with and without repair",
  run: async (bench) => {
    for (const found of await listPostgres()) await onServer(bench, found);
  },
};

async function onServer(bench: BenchmarkContext, { binDir, version }: FoundPostgres): Promise<void> {
  await using server = await startPostgres({
    binDir,
    durability: "fast",
    preloadWhenPresent: ["pg_stat_statements"],
  });
  await withDatabase(server, "bench_explainable", async (url) => {
    await migrateUp({ connection: url, folder: migrationsFolder() });
    const client = await connect(server, "bench_explainable");
    try {
      await client.query(`CREATE EXTENSION pg_stat_statements; ${await corpusSetup()}`);
      const recorded = await recordedTexts(client, await corpus());
      bench.conditions({
        postgres: server.version.full,
        corpus: `${recorded.length} different statements, each executed there once; the record is the server's`,
      });
      const before = await touched(client);
      const shares = await measured(url, client, recorded);
      for (const [name, unit, ours, asStored] of shares)
        bench.report([
          {
            bench: "explainable",
            case: `${name}, PostgreSQL ${version.major}`,
            subject: "smith",
            value: ours,
            unit,
          },
          {
            bench: "explainable",
            case: `${name}, PostgreSQL ${version.major}`,
            subject: "the text as it is kept",
            value: asStored,
            unit,
          },
        ]);
      const executed = (await touched(client)) - before;
      bench.report([
        {
          bench: "explainable",
          case: `rows written or tables scanned for it, PostgreSQL ${version.major}`,
          subject: "both",
          value: executed,
          unit: "",
        },
      ]);
    } finally {
      await client.end();
    }
  });
}

type Share = readonly [name: string, unit: string, ours: number, asStored: number];

async function measured(
  url: string,
  client: pg.Client,
  recorded: readonly RecordedText[],
): Promise<readonly Share[]> {
  await using database = await createDatabase({ primary: { url } });
  const ours = new Set<RecordedText>();
  const asStored = new Set<RecordedText>();
  for (const one of recorded) {
    const { kind } = await explainStatement(database, one.text);
    if (kind !== "not explained") ours.add(one);
    if (await isPlanned(client, one.text)) asStored.add(one);
  }
  const files = [...new Set(recorded.map(({ file }) => file))];
  return [
    ...files.map((file): Share => {
      const of = recorded.filter((one) => one.file === file);
      return [
        `${file}, ${of.length} statements`,
        "planned",
        of.filter((one) => ours.has(one)).length,
        of.filter((one) => asStored.has(one)).length,
      ];
    }),
    ["share of all", "%", percent(ours.size, recorded.length), percent(asStored.size, recorded.length)],
  ];
}

async function isPlanned(client: pg.Client, text: string): Promise<boolean> {
  try {
    await client.query("SELECT monitoring.generic_plan($1)", [text]);
    return true;
  } catch {
    return false;
  }
}

async function touched(client: pg.Client): Promise<number> {
  // It is told at the end of the statement.
  await client.query("SELECT pg_stat_force_next_flush()");
  const { rows } = await client.query<{ touched: number }>(
    "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del + seq_scan)::INTEGER AS touched FROM pg_stat_user_tables",
  );
  return rows[0]?.touched ?? Number.NaN;
}

function percent(part: number, whole: number): number {
  return Number(((part * 100) / whole).toFixed(1));
}
