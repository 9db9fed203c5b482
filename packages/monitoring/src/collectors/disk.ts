import { sql } from "@mister-smith/client";
import { collectedRow } from "../collect/collected-row.ts";
import type { CollectedRow, Collector } from "../collect/collector.ts";
import { fileSystemOf, runsHere } from "../disk/file-system.ts";
import { gauge } from "../metrics/metric.ts";

const row = sql.type(collectedRow);

/** What tablespaces take. */
export const tablespaces: Collector = {
  name: "tablespaces",
  asks: "what each tablespace takes on disk",
  needs: "pg_monitor",
  intervalMs: 300_000,
  statement: () => row`
    SELECT
      t.spcname AS tablespace,
      CASE
        WHEN pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
          OR pg_catalog.has_tablespace_privilege(t.oid, 'CREATE')
          OR t.oid = (SELECT d.dattablespace FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
        THEN pg_catalog.pg_tablespace_size(t.oid)
      END AS bytes
    FROM pg_catalog.pg_tablespace AS t
    ORDER BY t.spcname
    LIMIT 100`,
  metrics: { bytes: gauge("smith_pg_tablespace_bytes", "What a tablespace takes on disk", "tablespace") },
};

/** What the log and temporary files take now. */
export const serverFiles: Collector = {
  name: "server_files",
  asks: "what the log and temporary files take on disk now",
  needs: "pg_monitor",
  intervalMs: 60_000,
  statement: () => row`
    SELECT
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_ls_waldir()) AS wal_files,
      (SELECT COALESCE(pg_catalog.sum(w.size), 0) FROM pg_catalog.pg_ls_waldir() AS w) AS wal_bytes,
      pg_catalog.count(f.name) AS temp_files, COALESCE(pg_catalog.sum(f.size), 0) AS temp_bytes
    FROM pg_catalog.pg_tablespace AS t
    LEFT JOIN LATERAL pg_catalog.pg_ls_tmpdir(t.oid) AS f ON TRUE
    WHERE t.spcname <> 'pg_global'`,
  metrics: {
    wal_files: gauge("smith_pg_wal_files", "Files of the log that the server keeps"),
    wal_bytes: gauge("smith_pg_wal_directory_bytes", "What these take on disk"),
    temp_files: gauge("smith_pg_temporary_files", "Temporary files that statements use now"),
    temp_bytes: gauge("smith_pg_temporary_directory_bytes", "What these take on disk"),
  },
};

/** How full the disks of the server are, where they are this machine's: no SQL tells. */
export const fileSystems: Collector = {
  name: "file_systems",
  asks: "how full the disks of the server are; only on its own machine, if that is Linux",
  needs: "pg_monitor",
  intervalMs: 60_000,
  statement: () => row`
    SELECT
      p.place, p.path, pg_catalog.pg_backend_pid() AS pid, session_user::TEXT AS role,
      pg_catalog.current_database()::TEXT AS database
    FROM (
      SELECT 'data' AS place, pg_catalog.current_setting('data_directory') AS path
      UNION ALL
      SELECT 'log', pg_catalog.current_setting('data_directory') || '/pg_wal'
      UNION ALL
      SELECT 'tablespace ' || t.spcname, pg_catalog.pg_tablespace_location(t.oid)
      FROM pg_catalog.pg_tablespace AS t
      WHERE pg_catalog.pg_tablespace_location(t.oid) <> ''
    ) AS p
    ORDER BY p.place
    LIMIT 50`,
  beside: measured,
  metrics: {
    total: gauge("smith_disk_bytes", "The size of the file system that holds a part of the server", "place"),
    used: gauge("smith_disk_used_bytes", "What of it is used", "place"),
    available: gauge("smith_disk_available_bytes", "What of it others than root may still use", "place"),
  },
};

async function measured(places: readonly CollectedRow[]): Promise<readonly CollectedRow[] | null> {
  const [first] = places;
  if (first === undefined) return null;
  const { pid, role, database } = first;
  if (!(await runsHere({ pid: Number(pid), role: String(role), database: String(database) }))) return null;
  const rows: CollectedRow[] = [];
  for (const { place = null, path } of places) {
    const found = await fileSystemOf(String(path));
    // What is NULL is not visible.
    if (found === "hidden") rows.push({ place, total: null, used: null, available: null });
    else if (found !== null) rows.push({ place, ...found });
  }
  return rows.length === 0 ? null : rows;
}
