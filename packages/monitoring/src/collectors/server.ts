import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";

const row = sql.type(collectedRow);

/** Which server it is, and since when it runs. */
export const server: Collector = {
  name: "server",
  asks: "which server it is, and since when it runs",
  needs: "nothing",
  intervalMs: 15_000,
  statement: () => row`
    SELECT
      1 AS info, pg_catalog.current_setting('server_version') AS version,
      EXTRACT(epoch FROM pg_catalog.pg_postmaster_start_time()) AS started,
      pg_catalog.pg_is_in_recovery()::INTEGER AS recovery,
      EXTRACT(epoch FROM pg_catalog.clock_timestamp()) AS clock`,
  metrics: {
    info: gauge("smith_pg_info", "The version of PostgreSQL, as a label", "version"),
    started: gauge("smith_pg_start_time_seconds", "When the server was started, in seconds since 1970"),
    recovery: gauge("smith_pg_in_recovery", "1 while the server is a replica or recovers, else 0"),
    clock: gauge("smith_pg_clock_seconds", "The server's clock, in seconds since 1970"),
  },
};
