import type { AnyCommand } from "./command.ts";

/** A command as the registry knows it before its file is loaded. */
export interface CommandEntry {
  /** The words that call it: `up`, `migrate up`. */
  readonly name: string;
  /** One line for lists, imperative, without a full stop. */
  readonly summary: string;
  /** Loads the command's file. */
  readonly load: () => Promise<{ readonly default: AnyCommand }>;
  /** Left out of lists, completion and the reference. Default: false. */
  readonly hidden?: boolean;
}

/** A word that only groups commands. */
export interface GroupEntry {
  readonly name: string;
  readonly summary: string;
}

/** The groups, in the order of the help. */
export const groups: readonly GroupEntry[] = [
  { name: "migrate", summary: "Bring a database to the schema and back, with proof" },
  { name: "db", summary: "See how the servers and their pools of connections are" },
  { name: "partitions", summary: "See and maintain the partitions of the growing tables" },
  { name: "indexes", summary: "See, create and drop the optional indexes" },
];

/** Every command, in the order of the help. A new command is one file in `src/commands/` and one entry here. */
export const registry: readonly CommandEntry[] = [
  {
    name: "doctor",
    summary: "See what is installed, what is missing and what it would give",
    load: () => import("../commands/doctor.ts"),
  },
  {
    name: "up",
    summary: "Start a real PostgreSQL and NATS for this folder",
    load: () => import("../commands/up.ts"),
  },
  {
    name: "status",
    summary: "See whether they run, where they listen and how the database stands",
    load: () => import("../commands/status.ts"),
  },
  {
    name: "down",
    summary: "Stop them; the data stays",
    load: () => import("../commands/down.ts"),
  },
  {
    name: "config",
    summary: "See every setting that is in force and where it came from",
    load: () => import("../commands/config.ts"),
  },
  {
    name: "migrate up",
    summary: "Apply the migrations that wait",
    load: () => import("../commands/migrate/up.ts"),
  },
  {
    name: "migrate status",
    summary: "See what is applied, what waits and what does not fit",
    load: () => import("../commands/migrate/status.ts"),
  },
  {
    name: "migrate check",
    summary: "Say whether the database is where the files are, for an application's start",
    load: () => import("../commands/migrate/check.ts"),
  },
  {
    name: "migrate down",
    summary: "Undo migrations, newest first, without losing rows",
    load: () => import("../commands/migrate/down.ts"),
  },
  {
    name: "migrate redo",
    summary: "Undo the newest migration and apply it again",
    load: () => import("../commands/migrate/redo.ts"),
  },
  {
    name: "migrate rehearse",
    summary: "Run what waits, roll it back, and report times and locks",
    load: () => import("../commands/migrate/rehearse.ts"),
  },
  {
    name: "migrate create",
    summary: "Begin a new migration",
    load: () => import("../commands/migrate/create.ts"),
  },
  {
    name: "migrate lint",
    summary: "Find what goes wrong on a database in use",
    load: () => import("../commands/migrate/lint.ts"),
  },
  {
    name: "migrate verify",
    summary: "Prove that every down file is the inverse of its up file",
    load: () => import("../commands/migrate/verify.ts"),
  },
  {
    name: "migrate baseline",
    summary: "Record migrations as applied without running them",
    load: () => import("../commands/migrate/baseline.ts"),
  },
  {
    name: "migrate repair",
    summary: "Accept changed files on the record",
    load: () => import("../commands/migrate/repair.ts"),
  },
  {
    name: "db health",
    summary: "See which pool is not healthy, why, and what to do",
    load: () => import("../commands/db/health.ts"),
  },
  {
    name: "db pools",
    summary: "See who holds the servers' connections, and how many are left",
    load: () => import("../commands/db/pools.ts"),
  },
  {
    name: "db lag",
    summary: "See how far each replica is behind, and what holds it up",
    load: () => import("../commands/db/lag.ts"),
  },
  {
    name: "partitions list",
    summary: "See every partition with its bounds and size",
    load: () => import("../commands/partitions/list.ts"),
  },
  {
    name: "partitions maintain",
    summary: "Create partitions ahead, move late rows, drop what is past its retention",
    load: () => import("../commands/partitions/maintain.ts"),
  },
  {
    name: "indexes list",
    summary: "See the optional indexes, what each is for and whether it is there",
    load: () => import("../commands/indexes/list.ts"),
  },
  {
    name: "indexes enable",
    summary: "Create an optional index while the table is in use",
    load: () => import("../commands/indexes/enable.ts"),
  },
  {
    name: "indexes disable",
    summary: "Drop an optional index",
    load: () => import("../commands/indexes/disable.ts"),
  },
  {
    name: "demo",
    summary: "Watch all of it once, with real servers that are gone afterwards",
    load: () => import("../commands/demo.ts"),
  },
  {
    name: "replay",
    summary: "Live recorded runs of agents through the data layer and check every row",
    load: () => import("../commands/replay.ts"),
  },
  {
    name: "completion",
    summary: "Print the script that completes smith's commands in your shell",
    load: () => import("../commands/completion.ts"),
  },
];
