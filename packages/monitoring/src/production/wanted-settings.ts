import { bytesSetting, durationSetting, type SettingState, settingNumber } from "./setting-value.ts";

/** The machine that a server has for itself. */
export interface MachineSize {
  readonly memoryBytes: number;
  readonly processors: number;
}

/** What a setting should be in production. */
export interface WantedSetting {
  readonly name: string;
  /** What the change gives, or what goes wrong without it. */
  readonly why: string;
  /** The new value, given the present one; null where the present one is fine. */
  readonly better: (now: SettingState, others: Others) => string | readonly string[] | null;
}

/** What else the right value depends on. */
export interface Others {
  /** Null: not known. What goes by the machine's size has no advice then. */
  readonly machine: MachineSize | null;
  readonly setting: (name: string) => SettingState | undefined;
  /** Whether the server could load this library. */
  readonly canLoad: (library: string) => boolean;
}

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/**
 * What the specification's production configuration asks for, and what the size of the machine calls for. By size the starting
 * values are those of PostgreSQL's own documentation where it gives one.
 *
 * See https://www.postgresql.org/docs/current/runtime-config-resource.html
 */
export const wantedSettings: readonly WantedSetting[] = [
  {
    name: "shared_preload_libraries",
    why: "statements are counted: without pg_stat_statements nobody sees what is slow, and there is no index advice",
    better: ({ setting }, { canLoad }) => {
      const loaded = setting.split(",").flatMap((name) => name.replaceAll('"', "").trim() || []);
      if (loaded.includes("pg_stat_statements") || !canLoad("pg_stat_statements")) return null;
      return [...loaded, "pg_stat_statements"];
    },
  },
  {
    name: "pg_stat_statements.track",
    why: "statements inside functions are counted too: the task queue's are",
    better: ({ setting }) => (setting === "all" ? null : "all"),
  },
  {
    name: "pg_stat_statements.max",
    why: "with more statements than that the rarest are forgotten again and again, which costs, too",
    better: atLeast(10_000),
  },
  {
    name: "compute_query_id",
    why: "a statement has the same identifier in its statistics, in pg_stat_activity and in the log",
    better: ({ setting }) => (setting === "off" ? "auto" : null),
  },
  {
    name: "track_counts",
    why: "autovacuum learns what changed from it: without it, it does nothing",
    better: isOn,
  },
  {
    name: "track_io_timing",
    why: "it shows how much of a statement's time goes to the disk",
    better: isOn,
  },
  {
    name: "autovacuum",
    why: "without it tables bloat, and at last the server refuses writes to keep its transaction ids",
    better: isOn,
  },
  {
    name: "autovacuum_vacuum_scale_factor",
    why: "a fifth of a large table may be dead before autovacuum comes; agents rewrite theirs all the time",
    better: atMost(0.05),
  },
  {
    name: "autovacuum_analyze_scale_factor",
    why: "plans are made from old statistics until a tenth of a table has changed",
    better: atMost(0.05),
  },
  {
    name: "autovacuum_vacuum_cost_limit",
    why: "autovacuum rests so often that it cannot keep up with many writes",
    better: (now, { setting }) => {
      const limit = settingNumber(now);
      const own = setting("vacuum_cost_limit");
      const used = limit === -1 && own !== undefined ? settingNumber(own) : limit;
      return used >= 1_000 ? null : "1000";
    },
  },
  {
    name: "statement_timeout",
    why: "a statement that never ends keeps its locks, and what it may see, from being cleaned up",
    better: limitedTo(300_000),
  },
  {
    name: "lock_timeout",
    why: "who waits for a lock makes all others wait behind it",
    better: limitedTo(10_000),
  },
  {
    name: "idle_in_transaction_session_timeout",
    why: "a transaction that was left open keeps dead rows, and its locks, for as long as it is",
    better: limitedTo(3_600_000),
  },
  {
    name: "max_wal_size",
    why: "checkpoints come by time, and not because so much was written: they write whole pages again each time",
    better: (now) => (settingNumber(now) >= 2 * GiB ? null : "4GB"),
  },
  {
    name: "shared_buffers",
    why: "a quarter of the memory is where to begin; far more leaves too little for the system's own cache",
    better: bySize(({ memoryBytes }) => Math.min(memoryBytes / 4, 64 * GiB), 128 * MiB, 0.6, 1.7),
  },
  {
    name: "effective_cache_size",
    why: "plans trust that an index is in memory, as most of it is",
    better: bySize(({ memoryBytes }) => memoryBytes * 0.75, 128 * MiB, 0.6, 1.3),
  },
  {
    name: "maintenance_work_mem",
    why: "indexes are built, and tables vacuumed, in fewer passes",
    better: bySize(
      ({ memoryBytes }) => Math.min(Math.max(memoryBytes / 16, 64 * MiB), GiB),
      16 * MiB,
      0.5,
      4,
    ),
  },
  {
    name: "work_mem",
    why: "sorts and hashes stay in memory; every one of every connection may take as much, so it goes by how many there may be",
    better: (now, others) => {
      const connections = others.setting("max_connections");
      if (connections === undefined) return null;
      const share = ({ memoryBytes }: MachineSize) =>
        Math.min(Math.max((memoryBytes * 0.75) / (settingNumber(connections) * 3), 4 * MiB), 256 * MiB);
      return bySize(share, MiB, 0.4, 4)(now, others);
    },
  },
  {
    name: "max_worker_processes",
    why: "all processors can help with one large question",
    better: (now, { machine }) =>
      machine === null || settingNumber(now) >= machine.processors ? null : String(machine.processors),
  },
  {
    name: "max_parallel_workers",
    why: "all processors can help with one large question",
    better: (now, { machine }) =>
      machine === null || settingNumber(now) >= machine.processors ? null : String(machine.processors),
  },
];

function isOn({ setting }: SettingState): string | null {
  return setting === "on" ? null : "on";
}

function atLeast(least: number) {
  return (now: SettingState) => (settingNumber(now) >= least ? null : String(least));
}

function atMost(most: number) {
  return (now: SettingState) => (settingNumber(now) <= most ? null : String(most));
}

/** A timeout that must be there; a shorter one than ours is somebody's choice. */
function limitedTo(ms: number) {
  return (now: SettingState) => {
    const value = settingNumber(now);
    return value > 0 && value <= ms ? null : durationSetting(ms);
  };
}

/** A size by the machine's, in whole steps; what is between `low` and `high` times that is fine. */
function bySize(of: (machine: MachineSize) => number, step: number, low: number, high: number) {
  return (now: SettingState, { machine }: Others): string | null => {
    if (machine === null) return null;
    const wanted = Math.max(step, Math.round(of(machine) / step) * step);
    const value = settingNumber(now);
    return value >= wanted * low && value <= wanted * high ? null : bytesSetting(wanted);
  };
}
