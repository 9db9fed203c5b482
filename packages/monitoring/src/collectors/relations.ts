import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { Collector } from "../collect/collector.ts";
import { gauge } from "../metrics/metric.ts";
import { autovacuumIsOff, autovacuumOptions, autovacuumTrigger } from "../questions/autovacuum-trigger.ts";

const row = sql.type(collectedRow);

/** Dead rows against the point at which autovacuum comes by itself, by each table's own settings. */
export const deadRows: Collector = {
  name: "dead_rows",
  asks: "how many dead rows the fifty tables with the most have, and how many let autovacuum come",
  needs: "nothing",
  intervalMs: 60_000,
  statement: ({ version }) => row`
    SELECT
      s.schemaname AS schema, s.relname AS table, s.n_dead_tup AS dead, s.n_live_tup AS live,
      ${autovacuumTrigger(version)} AS trigger,
      ${autovacuumIsOff}::INTEGER AS off
    FROM pg_catalog.pg_stat_user_tables AS s
    JOIN pg_catalog.pg_class AS c ON c.oid = s.relid${autovacuumOptions}
    ORDER BY s.n_dead_tup DESC, s.schemaname, s.relname
    LIMIT 50`,
  metrics: {
    dead: gauge(
      "smith_pg_table_dead_rows",
      "Dead rows of a table; the fifty tables with the most",
      "schema",
      "table",
    ),
    live: gauge("smith_pg_table_live_rows", "Live rows of these tables, as estimated", "schema", "table"),
    trigger: gauge(
      "smith_pg_table_autovacuum_dead_rows",
      "With more dead rows than that, autovacuum comes to the table",
      "schema",
      "table",
    ),
    off: gauge(
      "smith_pg_table_autovacuum_off",
      "1 when autovacuum is switched off for the table, else 0",
      "schema",
      "table",
    ),
  },
};

/** Indexes that cost writes and serve nobody. */
export const indexes: Collector = {
  name: "indexes",
  asks: "how many indexes are invalid, or were never used",
  needs: "nothing",
  intervalMs: 300_000,
  statement: () => row`
    SELECT
      pg_catalog.count(*) FILTER (WHERE NOT i.indisvalid) AS invalid,
      pg_catalog.count(*) FILTER (WHERE u.is_unused) AS unused,
      COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(i.indexrelid)) FILTER (WHERE u.is_unused), 0) AS bytes
    FROM pg_catalog.pg_index AS i
    JOIN pg_catalog.pg_stat_user_indexes AS s ON s.indexrelid = i.indexrelid
    CROSS JOIN LATERAL (
      SELECT s.idx_scan = 0 AND i.indisvalid AND NOT i.indisunique AND NOT i.indisexclusion AND NOT i.indisreplident
        AS is_unused
    ) AS u`,
  metrics: {
    invalid: gauge(
      "smith_pg_invalid_indexes",
      "Indexes that no statement uses and every write keeps: their building failed",
    ),
    unused: gauge(
      "smith_pg_unused_indexes",
      "Indexes that keep no constraint and were not used since the statistics began",
    ),
    bytes: gauge("smith_pg_unused_index_bytes", "What these take on disk"),
  },
};

/** Indexes whose work another one does. */
export const redundantIndexes: Collector = {
  name: "redundant_indexes",
  asks: "how many indexes another one begins with, or is the same as",
  needs: "nothing",
  intervalMs: 300_000,
  statement: () => row`
    SELECT
      pg_catalog.count(*) AS redundant, COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(r.indexrelid)), 0) AS bytes
    FROM (
      SELECT i.indexrelid
      FROM pg_catalog.pg_index AS i
      JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
      WHERE m.amname = 'btree' AND c.relkind = 'i' AND c.oid >= 16384 AND c.relpersistence <> 't'
        AND i.indisvalid AND NOT i.indisunique AND NOT i.indisreplident AND NOT i.indisclustered
        AND EXISTS (
          SELECT
          FROM pg_catalog.pg_index AS o
          JOIN pg_catalog.pg_class AS d ON d.oid = o.indexrelid AND d.relam = c.relam
          WHERE o.indrelid = i.indrelid AND o.indexrelid <> i.indexrelid AND o.indisvalid
            AND (o.indkey::TEXT || ' ') LIKE (i.indkey::TEXT || ' %')
            AND i.indnatts <= o.indnkeyatts
            AND (o.indclass::TEXT || ' ') LIKE (i.indclass::TEXT || ' %')
            AND (o.indcollation::TEXT || ' ') LIKE (i.indcollation::TEXT || ' %')
            AND (o.indoption::TEXT || ' ') LIKE (i.indoption::TEXT || ' %')
            -- No pg_get_expr(), which waits for who has locked the table; where something stood in its text is no difference.
            AND ${comparable(sql.fragment`o.indpred`)} = ${comparable(sql.fragment`i.indpred`)}
            AND ${comparable(sql.fragment`o.indexprs`)} = ${comparable(sql.fragment`i.indexprs`)}
            -- Of two that are the same, one is to stay.
            AND (o.indkey::TEXT <> i.indkey::TEXT OR o.indisunique OR o.indexrelid < i.indexrelid)
        )
    ) AS r`,
  metrics: {
    redundant: gauge(
      "smith_pg_redundant_indexes",
      "B-trees that keep no constraint, and whose columns another index of their table begins with",
    ),
    bytes: gauge("smith_pg_redundant_index_bytes", "What these take on disk"),
  },
};

/** An expression as the server stores it, to be held against another one; empty for none. */
function comparable(stored: ReturnType<typeof sql.fragment>) {
  return sql.fragment`pg_catalog.regexp_replace(COALESCE(${stored}::TEXT, ''), ':(location|stmt_len) -?[0-9]+', '', 'g')`;
}

/** Sequences that come to their end: their own, or that of the column that takes their numbers. */
export const sequences: Collector = {
  name: "sequences",
  asks: "how much of the twenty sequences that are nearest to their end is used, and of how many that is not known",
  needs: "pg_monitor",
  intervalMs: 300_000,
  sparse: ["used", "unknown"],
  hides: ({ unknown }) => Number(unknown) > 0,
  statement: () => row`
    WITH sequences AS MATERIALIZED (
      SELECT
        n.nspname AS schema, c.relname AS sequence, s.seqcycle AS cycles, s.seqincrement::DOUBLE PRECISION AS step,
        s.seqmin::DOUBLE PRECISION AS lowest, s.seqmax::DOUBLE PRECISION AS highest, t.lowest AS type_lowest, t.highest AS type_highest,
        -- Without a right on it, no value is as NULL as that of one that was never used.
        CASE
          WHEN pg_catalog.has_sequence_privilege(c.oid, 'SELECT,USAGE')
            THEN COALESCE(pg_catalog.pg_sequence_last_value(c.oid), s.seqstart)::DOUBLE PRECISION
        END AS value
      FROM pg_catalog.pg_sequence AS s
      JOIN pg_catalog.pg_class AS c ON c.oid = s.seqrelid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      -- Those that take its numbers: it belongs to a column, or a column has it in its default.
      LEFT JOIN LATERAL (
        SELECT pg_catalog.max(w.lowest) AS lowest, pg_catalog.min(w.highest) AS highest
        FROM (
          SELECT d.refobjid AS relation, d.refobjsubid AS place
          FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::REGCLASS AND d.objid = c.oid AND d.objsubid = 0
            AND d.refclassid = 'pg_catalog.pg_class'::REGCLASS AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
          UNION ALL
          SELECT f.adrelid, f.adnum
          FROM pg_catalog.pg_depend AS d
          JOIN pg_catalog.pg_attrdef AS f ON f.oid = d.objid
          WHERE d.classid = 'pg_catalog.pg_attrdef'::REGCLASS AND d.refclassid = 'pg_catalog.pg_class'::REGCLASS AND d.refobjid = c.oid
        ) AS o
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = o.relation AND a.attnum = o.place AND NOT a.attisdropped
        JOIN (
          VALUES
            ('pg_catalog.int2'::REGTYPE, -32768::DOUBLE PRECISION, 32767::DOUBLE PRECISION),
            ('pg_catalog.int4'::REGTYPE, -2147483648, 2147483647)
        ) AS w (type, lowest, highest) ON w.type = a.atttypid
      ) AS t ON TRUE
      -- A replica has nothing of what is not logged.
      WHERE c.relpersistence = 'p' OR (c.relpersistence = 'u' AND NOT pg_catalog.pg_is_in_recovery())
    ),
    bounded AS (
      SELECT
        s.*, GREATEST(s.lowest, s.type_lowest) AS least, LEAST(s.highest, s.type_highest) AS most,
        -- One that begins anew ends at no time, unless its column cannot take its numbers.
        NOT s.cycles OR s.lowest < s.type_lowest OR s.highest > s.type_highest AS ends
      FROM sequences AS s
    )
    (
      SELECT b.schema, b.sequence, u.used, NULL::BIGINT AS unknown
      FROM bounded AS b
      CROSS JOIN LATERAL (
        SELECT
          CASE
            WHEN b.value IS NULL THEN NULL
            WHEN NOT b.ends THEN 0
            ELSE (CASE WHEN b.step > 0 THEN b.value - b.least ELSE b.most - b.value END) / NULLIF(b.most - b.least, 0)
          END AS used
      ) AS u
      WHERE b.value IS NOT NULL
      ORDER BY u.used DESC NULLS LAST, b.schema, b.sequence
      LIMIT 20
    )
    UNION ALL
    SELECT NULL, NULL, NULL, pg_catalog.count(*)
    FROM bounded AS b
    -- Of so many numbers as a BIGINT has, nobody comes to the end.
    WHERE b.value IS NULL AND b.ends AND (b.most - b.least) / pg_catalog.abs(b.step) < 1e15`,
  metrics: {
    used: gauge(
      "smith_pg_sequence_used_ratio",
      "How much of a sequence's numbers is used, from 0 to 1, of those that its column can hold",
      "schema",
      "sequence",
    ),
    unknown: gauge(
      "smith_pg_sequences_unknown",
      "Sequences that may come to their end and of which it is not known how near: the role has neither SELECT nor USAGE on them; those with the range of a BIGINT are not counted",
    ),
  },
};
