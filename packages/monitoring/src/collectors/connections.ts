import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";
import { availableConnections, isClient } from "../questions/connections.ts";

const row = sql.type(collectedRow);

/** What the connections of clients do. */
export const connections: Collector = {
  name: "connections",
  asks: "what the connections of clients do; those whose state the role may not see are hidden",
  needs: "pg_monitor",
  intervalMs: 15_000,
  statement: () => row`
    SELECT s.state, pg_catalog.count(a.pid) AS connections
    FROM (
      VALUES
        ('active'), ('idle'), ('idle in transaction'), ('idle in transaction (aborted)'),
        ('fastpath function call'), ('starting'), ('disabled'), ('hidden')
    ) AS s (state)
    LEFT JOIN pg_catalog.pg_stat_activity AS a
      ON s.state = COALESCE(a.state, 'hidden')
      AND ${isClient}
    GROUP BY s.state
    ORDER BY s.state`,
  metrics: {
    connections: gauge(
      "smith_pg_connections",
      "Connections of clients to the server, by what they do",
      "state",
    ),
  },
};

/** How many connections there may be. */
export const connectionLimit: Collector = {
  name: "connection_limit",
  asks: "how many connections are left for roles that are no superusers and have none reserved",
  needs: "nothing",
  intervalMs: 15_000,
  statement: () => row`
    SELECT ${availableConnections} AS available`,
  metrics: {
    available: gauge(
      "smith_pg_connections_available",
      "Connections that there may be at once: max_connections without those that are reserved",
    ),
  },
};
