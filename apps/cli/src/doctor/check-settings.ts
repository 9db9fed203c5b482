import type { ServerSetting } from "../sql/server.ts";
import type { Check } from "./check.ts";

interface WantedSetting {
  readonly name: string;
  readonly fits: (value: string) => boolean;
  /** What the wanted value gives. */
  readonly gives: string;
  readonly remedy: string;
}

const isOn = (value: string) => value === "on";
const alter = (assignment: string, after = "SELECT pg_reload_conf();") =>
  `As a superuser: ALTER SYSTEM SET ${assignment}; then ${after}`;
const restart = "restart the server.";

const wanted: readonly WantedSetting[] = [
  {
    name: "fsync",
    fits: isOn,
    gives: "committed data survives a crash of the machine; without it the whole cluster may be lost",
    remedy: alter("fsync = on"),
  },
  {
    name: "full_page_writes",
    fits: isOn,
    gives: "pages torn by a crash are mended from the WAL",
    remedy: alter("full_page_writes = on"),
  },
  {
    name: "synchronous_commit",
    fits: (value) => value !== "off",
    gives: "a commit that was acknowledged survives a crash of the server",
    remedy: alter("synchronous_commit = on"),
  },
  {
    name: "autovacuum",
    fits: isOn,
    gives: "tables do not bloat and transaction ids do not run out",
    remedy: alter("autovacuum = on"),
  },
  {
    name: "data_checksums",
    fits: isOn,
    gives: "silent damage on disk is noticed when the page is read",
    remedy: "Stop the server and run `pg_checksums --enable` on its data folder.",
  },
  {
    name: "wal_level",
    fits: (value) => value !== "minimal",
    gives: "replicas, base backups and restoring to a point in time",
    remedy: alter("wal_level = replica", restart),
  },
  {
    name: "archive_mode",
    fits: (value) => value !== "off",
    gives: "restoring to any point in time between two backups",
    remedy: alter("archive_mode = on", `set archive_command and ${restart}`),
  },
  {
    name: "shared_preload_libraries",
    fits: (value) => value.split(/\s*,\s*/).includes("pg_stat_statements"),
    gives: "statistics of statements, once the extension pg_stat_statements is created",
    remedy: alter("shared_preload_libraries = 'pg_stat_statements'", restart),
  },
  {
    name: "track_io_timing",
    fits: isOn,
    gives: "how much of a statement's time is spent on reading and writing",
    remedy: alter("track_io_timing = on"),
  },
  {
    name: "max_connections",
    fits: (value) => Number(value) >= 100,
    gives: "room for the connection limits of the roles app_*",
    remedy: alter("max_connections = 200", restart),
  },
];

/** The names of the settings that are looked at. */
export const settingNames: readonly string[] = wanted.map(({ name }) => name);

/** How the server's settings stand to what the data layer wants of it. */
export function checkSettings(present: readonly ServerSetting[]): Check[] {
  return wanted.flatMap(({ name, fits, gives, remedy }) => {
    const value = present.find((setting) => setting.name === name)?.value;
    if (value === undefined) return [];
    const check = { area: "postgresql", name, needed: false, found: value === "" ? "empty" : value } as const;
    return [
      fits(value) ? { ...check, state: "ok" as const } : { ...check, state: "warn" as const, gives, remedy },
    ];
  });
}
