import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { startPostgres } from "@mister-smith/embedded";
import { createMonitor } from "@mister-smith/monitoring";
import { migrateUp, migrationsFolder } from "@mister-smith/schema";
import type pg from "pg";
import type { Benchmark } from "../benchmark.ts";
import { connect } from "../server.ts";

const minutes = 10;
const intervalMs = 15_000;
const tables = 300;
const statements = 5_000;
/** What Linux counts a process' time in: hundredths of a second. */
const ticksASecond = 100;

/** What a monitor costs the server that it looks at. */
export const monitorCost: Benchmark = {
  name: "monitor-cost",
  summary: `what the monitor's questions cost the server: CPU time of its connections in ${minutes} minutes`,
  async run(bench) {
    await using server = await startPostgres({
      settings: { shared_buffers: "256MB", "pg_stat_statements.max": 10_000 },
      preloadWhenPresent: ["pg_stat_statements"],
    });
    await migrateUp({ connection: server.url, folder: migrationsFolder() });
    const client = await connect(server, "postgres");
    try {
      await filled(client);
      bench.conditions({
        postgres: `${server.version.full}, on loopback`,
        database: `the schema, ${tables} tables with three indexes each, ${statements} statements on record, pgstattuple there`,
        load: `a look and a check every ${intervalMs / 1000} s for ${minutes} minutes, as smithd does, the first ones included`,
        measured: "user and system time of the server's processes for the monitor's connections, by /proc",
      });
      await using monitor = await createMonitor({ url: server.url });
      const began = performance.now();
      const taken: number[] = [];
      for (let round = 0; round * intervalMs < minutes * 60_000; round += 1) {
        await pause(Math.max(0, began + round * intervalMs - performance.now()));
        const at = performance.now();
        await monitor.look();
        await monitor.check();
        taken.push(performance.now() - at);
      }
      await pause(Math.max(0, began + minutes * 60_000 - performance.now()));
      const cpuSeconds = await cpuSecondsOf(client, "smith-monitor");
      const seconds = (performance.now() - began) / 1000;
      const line = (subject: string, value: number, unit: string) => ({
        bench: "monitor-cost",
        case: `${taken.length} looks`,
        subject,
        value: Number(value.toFixed(3)),
        unit,
      });
      bench.report([
        line("CPU time of the server", cpuSeconds, "s"),
        line("share of a core", (cpuSeconds * 100) / seconds, "%"),
        line("a look and a check, on average", taken.reduce((sum, one) => sum + one, 0) / taken.length, "ms"),
        line("the longest, which asks for everything", Math.max(...taken), "ms"),
      ]);
    } finally {
      await client.end();
    }
  },
};

async function filled(client: pg.Client): Promise<void> {
  await client.query(`CREATE EXTENSION pg_stat_statements; CREATE EXTENSION pgstattuple`);
  await client.query(`DO $$ BEGIN
    FOR n IN 1..${tables} LOOP
      EXECUTE format('CREATE TABLE public.of_many_%s (id BIGINT PRIMARY KEY, kind TEXT, note TEXT)', n);
      EXECUTE format('INSERT INTO public.of_many_%s SELECT i, ''kind'' || i %% 9, md5(i::TEXT) FROM generate_series(1, 1000) AS i', n);
      EXECUTE format('CREATE INDEX ON public.of_many_%s (kind)', n);
      EXECUTE format('CREATE INDEX ON public.of_many_%s (note)', n);
    END LOOP;
  END $$`);
  await client.query("ANALYZE");
  for (let n = 0; n < statements; n += 1) await client.query(`SELECT 1 AS column_${n}`);
}

/** What the server's processes of these connections have used until now. */
async function cpuSecondsOf(client: pg.Client, application: string): Promise<number> {
  const { rows } = await client.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE application_name = $1",
    [application],
  );
  let ticks = 0;
  for (const { pid } of rows) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may have anything in it, come the state and ten others before the two times.
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    ticks += user + system;
  }
  return ticks / ticksASecond;
}
