import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";

const row = sql.type(collectedRow);

/** How old what is open is; who must not see others' transactions sees that, not 0. */
export const transactions: Collector = {
  name: "transactions",
  asks: "how old the oldest transactions are",
  needs: "pg_monitor",
  intervalMs: 15_000,
  statement: () => row`
    SELECT
      CASE WHEN v.sees_all THEN COALESCE(t.oldest, 0) END AS oldest,
      CASE WHEN v.sees_all THEN COALESCE(t.idle, 0) END AS idle,
      CASE WHEN v.sees_all THEN COALESCE(t.statement, 0) END AS statement,
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts) AS prepared
    FROM (
      SELECT
        EXTRACT(epoch FROM pg_catalog.max(pg_catalog.clock_timestamp() - a.xact_start)) AS oldest,
        EXTRACT(epoch FROM pg_catalog.max(pg_catalog.clock_timestamp() - a.state_change)
          FILTER (WHERE a.state LIKE 'idle in transaction%')) AS idle,
        EXTRACT(epoch FROM pg_catalog.max(pg_catalog.clock_timestamp() - a.query_start)
          FILTER (WHERE a.state = 'active')) AS statement
      FROM pg_catalog.pg_stat_activity AS a
      WHERE a.backend_type = 'client backend' AND a.pid <> pg_catalog.pg_backend_pid()
    ) AS t
    CROSS JOIN (SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all) AS v`,
  metrics: {
    oldest: gauge(
      "smith_pg_oldest_transaction_seconds",
      "Age of the oldest open transaction of a client; 0 when there is none",
    ),
    idle: gauge(
      "smith_pg_oldest_idle_in_transaction_seconds",
      "For how long the client that leaves a transaction open has been idle; 0 when there is none",
    ),
    statement: gauge(
      "smith_pg_oldest_statement_seconds",
      "Age of the oldest statement that runs; 0 when there is none",
    ),
    prepared: gauge(
      "smith_pg_prepared_transactions",
      "Transactions that are prepared for a commit in two phases",
    ),
  },
};

/** What keeps dead rows from being removed. */
export const horizon: Collector = {
  name: "horizon",
  asks: "who keeps dead rows from being removed, and for how many transactions",
  needs: "pg_monitor",
  intervalMs: 15_000,
  sparse: ["worst"],
  statement: () => row`
    WITH holders AS (
      SELECT
        'transaction' AS holder, pg_catalog.format('pid %s, %s', a.pid, a.application_name) AS who,
        GREATEST(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) AS age
      FROM pg_catalog.pg_stat_activity AS a
      WHERE a.pid <> pg_catalog.pg_backend_pid() AND a.backend_type <> 'walsender'
      UNION ALL
      SELECT 'replica', pg_catalog.format('pid %s, %s', r.pid, r.application_name), pg_catalog.age(r.backend_xmin)
      FROM pg_catalog.pg_stat_replication AS r
      UNION ALL
      SELECT 'replication slot', s.slot_name::TEXT, GREATEST(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))
      FROM pg_catalog.pg_replication_slots AS s
      UNION ALL
      SELECT 'prepared transaction', p.gid, pg_catalog.age(p.transaction)
      FROM pg_catalog.pg_prepared_xacts AS p
    )
    SELECT k.holder, CASE WHEN k.is_visible THEN COALESCE(w.age, 0) END AS age, w.who, w.age AS worst
    FROM (
      VALUES
        ('transaction', pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')),
        ('replica', pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')),
        ('replication slot', TRUE), ('prepared transaction', TRUE)
    ) AS k (holder, is_visible)
    LEFT JOIN LATERAL (
      SELECT h.who, h.age
      FROM holders AS h
      WHERE h.holder = k.holder AND h.age IS NOT NULL AND k.is_visible
      ORDER BY h.age DESC, h.who
      LIMIT 1
    ) AS w ON TRUE
    ORDER BY k.holder`,
  metrics: {
    age: gauge(
      "smith_pg_oldest_xmin_age_transactions",
      "How many transactions began since those whose dead rows cannot be removed yet, by what holds them; 0 for nothing",
      "holder",
    ),
    worst: gauge(
      "smith_pg_oldest_xmin_holder_age_transactions",
      "The same of who holds them: the process and its application, the slot, or the prepared transaction; one of each kind",
      "holder",
      "who",
    ),
  },
};

/** How far numbers of transactions are from their end. */
export const wraparound: Collector = {
  name: "wraparound",
  asks: "how many numbers of transactions each database has used since it was frozen",
  needs: "nothing",
  intervalMs: 60_000,
  statement: () => row`
    SELECT
      d.datname AS database, pg_catalog.age(d.datfrozenxid) AS transactions, pg_catalog.mxid_age(d.datminmxid) AS multixacts
    FROM pg_catalog.pg_database AS d
    WHERE d.datallowconn
    ORDER BY GREATEST(pg_catalog.age(d.datfrozenxid), pg_catalog.mxid_age(d.datminmxid)) DESC, d.datname
    LIMIT 100`,
  metrics: {
    transactions: gauge(
      "smith_pg_transaction_id_age",
      "Numbers of transactions used since the oldest row was frozen; the server refuses writes at about 2.1e9",
      "database",
    ),
    multixacts: gauge(
      "smith_pg_multixact_id_age",
      "Numbers of multixacts used since the oldest was frozen; the server refuses writes at about 2.1e9",
      "database",
    ),
  },
};
