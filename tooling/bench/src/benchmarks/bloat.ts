import { createMonitor } from "@mister-smith/monitoring";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import type pg from "pg";
import type { Benchmark } from "../benchmark.ts";
import { secondsOf } from "../measure.ts";
import { connect, serverFacts, urlOf, withPostgres } from "../server.ts";

const rows = 500_000;

/** How right the estimate of bloat is, and what it costs against reading. */
export const bloat: Benchmark = {
  name: "bloat",
  summary: "bloat of tables and indexes as estimated, against what reading them says",
  run: (bench) =>
    withPostgres(async (server) => {
      await migrateUp({ connection: server.url, folder: migrationsFolder() });
      const client = await connect(server, "postgres");
      try {
        bench.conditions({
          ...serverFacts(server),
          tables: `${rows.toLocaleString("en")} rows each: full, half of it deleted at random, updated once, with a fillfactor of 70`,
          measured:
            "bloat as a share of the size: estimated by statistics, exact by pgstattuple, both of the same moment",
        });
        await filled(client);
        const url = urlOf(server, "postgres");
        await using estimating = await createMonitor({ url, exactBytes: 0, collectorTimeoutMs: 60_000 });
        await using reading = await createMonitor({ url, exactBytes: 2 ** 40, collectorTimeoutMs: 60_000 });
        let [estimated, exact] = [await estimating.bloat(), await reading.bloat()];
        const seconds = {
          estimated: await secondsOf(async () => {
            estimated = await estimating.bloat();
          }),
          exact: await secondsOf(async () => {
            exact = await reading.bloat();
          }),
        };
        const line = (of: string, subject: string, value: number, unit: string) => ({
          bench: "bloat",
          case: of,
          subject,
          value: Number(value.toFixed(2)),
          unit,
        });
        const readBy = new Map((exact ?? []).map((one) => [nameOf(one), one]));
        const errors: number[] = [];
        for (const one of estimated ?? []) {
          const read = readBy.get(nameOf(one));
          if (!one.table.startsWith("bench_") || read?.method !== "exact") continue;
          const share = (bytes: number | null) => ((bytes ?? 0) * 100) / (one.bytes ?? 1);
          if (one.bloatBytes === null) {
            bench.report([
              line(nameOf(one), `not estimated: ${one.reason}; exact`, share(read.bloatBytes), "%"),
            ]);
            continue;
          }
          errors.push(Math.abs(share(one.bloatBytes) - share(read.bloatBytes)));
          bench.report([
            line(nameOf(one), "estimated", share(one.bloatBytes), "%"),
            line(nameOf(one), "exact", share(read.bloatBytes), "%"),
          ]);
        }
        bench.report([
          line("of all that were read", "the estimate is off by, at most", Math.max(...errors), "points"),
          line("of all that were read", "time to estimate", seconds.estimated * 1000, "ms"),
          line("of all that were read", "time to read", seconds.exact * 1000, "ms"),
        ]);
      } finally {
        await client.end();
      }
    }),
};

function nameOf({ table, index }: { readonly table: string; readonly index: string | null }): string {
  return index ?? table;
}

async function filled(client: pg.Client): Promise<void> {
  await client.query("CREATE EXTENSION pgstattuple");
  for (const [name, fillfactor] of [
    ["bench_full", 100],
    ["bench_half", 100],
    ["bench_updated", 100],
    ["bench_fill_70", 70],
  ] as const) {
    await client.query(`CREATE TABLE public.${name} (id BIGINT PRIMARY KEY, uuid UUID, kind TEXT, note TEXT, n INT)
      WITH (fillfactor = ${fillfactor}, autovacuum_enabled = off)`);
    await client.query(`INSERT INTO public.${name}
      SELECT i, gen_random_uuid(), 'kind ' || i % 20, repeat('x', i % 100), nullif(i % 4, 0) FROM generate_series(1, ${rows}) AS i`);
    for (const columns of ["uuid", "kind", "lower(note), id", "kind, n"])
      await client.query(`CREATE INDEX ON public.${name} (${columns})`);
  }
  await client.query("DELETE FROM public.bench_half WHERE uuid::TEXT < '8'");
  await client.query("UPDATE public.bench_updated SET n = n + 1, uuid = gen_random_uuid()");
  // Else what was counted of it comes after the vacuum, on top of what that counted.
  await client.query("SELECT pg_stat_force_next_flush()");
  await client.query("VACUUM ANALYZE");
}
