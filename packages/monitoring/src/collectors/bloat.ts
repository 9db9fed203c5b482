import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector, ServerFacts } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";
import { bloatQuery } from "../questions/bloat.ts";

const row = sql.type(collectedRow);
const hourMs = 3_600_000;

/** The fifty that waste most, and how many there are of which it is not known, by the reason. */
const statement = (server: ServerFacts, kind: "tables" | "indexes") =>
  server.hasBloat
    ? row`
    WITH bloat AS MATERIALIZED (${bloatQuery({ ...server, kind })})
    (
      SELECT b.schema, b.table, b.index, b.method, b.bytes, b.bloat_bytes AS bloat, NULL AS reason, NULL::BIGINT AS unknown
      FROM bloat AS b
      WHERE b.bloat_bytes IS NOT NULL
      ORDER BY b.bloat_bytes DESC, b.schema, b.table, b.index
      LIMIT 50
    )
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, r.reason, pg_catalog.count(b.reason)
    FROM (VALUES ('locked'), ('no statistics'), ('not visible'), ('unsupported')) AS r (reason)
    LEFT JOIN bloat AS b ON pg_catalog.split_part(b.reason, ':', 1) = r.reason
    GROUP BY r.reason`
    : null;

const shared = {
  needs: "pg_monitor",
  intervalMs: hourMs,
  sparse: ["bytes", "bloat", "unknown"],
  hides: (found) => found["reason"] === "not visible" && Number(found["unknown"]) > 0,
} as const satisfies Partial<Collector>;

/** What tables waste. */
export const tableBloat: Collector = {
  ...shared,
  name: "table_bloat",
  asks: "how much of the fifty tables that waste most is bloat: estimated, and of the worst exactly where pgstattuple is there",
  statement: (server) => statement(server, "tables"),
  metrics: {
    bytes: gauge("smith_pg_table_bytes", "The size of a table that wastes much", "schema", "table"),
    bloat: gauge(
      "smith_pg_table_bloat_bytes",
      "What of it is neither rows nor what its fillfactor leaves free, estimated or exact",
      "schema",
      "table",
      "method",
    ),
    unknown: gauge(
      "smith_pg_table_bloat_unknown_tables",
      "Tables of which it is not known: locked, no statistics, not visible or unsupported",
      "reason",
    ),
  },
};

/** What indexes waste. */
export const indexBloat: Collector = {
  ...shared,
  name: "index_bloat",
  asks: "how much of the fifty indexes that waste most is bloat: estimated of B-trees, and of the worst exactly where pgstattuple is there",
  statement: (server) => statement(server, "indexes"),
  metrics: {
    bytes: gauge("smith_pg_index_bytes", "The size of an index that wastes much", "schema", "table", "index"),
    bloat: gauge(
      "smith_pg_index_bloat_bytes",
      "What of it is neither entries nor what its fillfactor leaves free, estimated or exact",
      "schema",
      "table",
      "index",
      "method",
    ),
    unknown: gauge(
      "smith_pg_index_bloat_unknown_indexes",
      "Indexes of which it is not known: locked, no statistics, not visible or unsupported, such as GIN",
      "reason",
    ),
  },
};
