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
  /** Whether the word of its group alone calls it, too. Default: false. */
  readonly isDefault?: boolean;
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
  {
    name: "monitor",
    summary: "See what the server is doing, what waits, what is slow, and what is past its threshold",
  },
  { name: "partitions", summary: "See and maintain the partitions of the growing tables" },
  { name: "indexes", summary: "See, create and drop the optional indexes" },
  { name: "vacuum", summary: "See which tables autovacuum should come to sooner, and let it" },
  {
    name: "index",
    summary: "See which indexes are missing or needless, build them, and watch what comes of it",
  },
  { name: "agents", summary: "See who there is and how they are" },
  { name: "tasks", summary: "See the task queue, why something does not run, and put it right" },
  { name: "messages", summary: "See what agents say to each other and what was given up" },
  { name: "sessions", summary: "See and end sessions of users and agents" },
  { name: "facts", summary: "See and search what agents found out" },
  { name: "sync", summary: "See how JetStream and PostgreSQL stand to each other, and put it right" },
];

/** Groups within groups. */
export const nestedGroups: readonly GroupEntry[] = [
  { name: "monitor alerts", summary: "See what fires, and from when on something is an alert" },
  { name: "monitor plans", summary: "See how slow statements are planned, and what of it changed" },
  { name: "sync dead-letters", summary: "See what could not be brought over, try it again, or drop it" },
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
    name: "monitor live",
    summary: "Watch the system: alerts, connections, tasks, both stores, the slowest statements",
    load: () => import("../commands/monitor/live.ts"),
    isDefault: true,
  },
  {
    name: "monitor check",
    summary: "Hold the server against the thresholds, with an exit code for Nagios and cron",
    load: () => import("../commands/monitor/check.ts"),
  },
  {
    name: "monitor alerts list",
    summary: "See what fires, and what became of alerts lately",
    load: () => import("../commands/monitor/alerts/list.ts"),
  },
  {
    name: "monitor alerts thresholds",
    summary: "See and change from when on a value is an alert",
    load: () => import("../commands/monitor/alerts/thresholds.ts"),
  },
  {
    name: "monitor alerts silence",
    summary: "Have alerts told to nobody for a while, see what is silenced, and end that",
    load: () => import("../commands/monitor/alerts/silence.ts"),
  },
  {
    name: "monitor alerts test",
    summary: "Send each channel a test, and see whether it arrives",
    load: () => import("../commands/monitor/alerts/test.ts"),
  },
  {
    name: "monitor locks",
    summary: "See who waits for a lock, and who holds them all up",
    load: () => import("../commands/monitor/locks.ts"),
  },
  {
    name: "monitor connections",
    summary: "See who is connected, and who leaves transactions open",
    load: () => import("../commands/monitor/connections.ts"),
  },
  {
    name: "monitor bloat",
    summary: "See which tables and indexes waste most",
    load: () => import("../commands/monitor/bloat.ts"),
  },
  {
    name: "monitor vacuum",
    summary: "See dead rows against the point at which autovacuum comes",
    load: () => import("../commands/monitor/vacuum.ts"),
  },
  {
    name: "monitor disk",
    summary: "See what the server takes on disk, and how full its disks are",
    load: () => import("../commands/monitor/disk.ts"),
  },
  {
    name: "monitor slow",
    summary: "See which statements take the most time",
    load: () => import("../commands/monitor/slow.ts"),
  },
  {
    name: "monitor plans list",
    summary: "See which plans are on record, and which changed",
    load: () => import("../commands/monitor/plans/list.ts"),
  },
  {
    name: "monitor plans show",
    summary: "See one plan as a tree",
    load: () => import("../commands/monitor/plans/show.ts"),
  },
  {
    name: "monitor plans diff",
    summary: "See what is different between two plans",
    load: () => import("../commands/monitor/plans/diff.ts"),
  },
  {
    name: "monitor plans capture",
    summary: "Plan the slowest statements now, executing none",
    load: () => import("../commands/monitor/plans/capture.ts"),
  },
  {
    name: "monitor plans import",
    summary: "Take in plans that auto_explain wrote to a log",
    load: () => import("../commands/monitor/plans/import.ts"),
  },
  {
    name: "monitor metrics",
    summary: "Print the metrics of the server in Prometheus' format",
    load: () => import("../commands/monitor/metrics.ts"),
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
    name: "index recommend",
    summary: "See which indexes would spare the workload the most, with what writes pay",
    load: () => import("../commands/index/recommend.ts"),
  },
  {
    name: "index explain",
    summary: "See what was advised, for which statements, and what became of it",
    load: () => import("../commands/index/explain.ts"),
  },
  {
    name: "index apply",
    summary: "Build an advised index while its table is in use, or take it away again",
    load: () => import("../commands/index/apply.ts"),
  },
  {
    name: "index reject",
    summary: "Turn advice down, so that it is not given again",
    load: () => import("../commands/index/reject.ts"),
  },
  {
    name: "index usage",
    summary: "See which indexes are unused, repeated or invalid",
    load: () => import("../commands/index/usage.ts"),
  },
  {
    name: "index watch",
    summary: "See whether what was built on advice helps, and what is to be reverted",
    load: () => import("../commands/index/watch.ts"),
  },
  {
    name: "agents list",
    summary: "See agents by type, status, capability or silence",
    load: () => import("../commands/agents/list.ts"),
  },
  {
    name: "agents show",
    summary: "See one agent, its relatives and what happened to it",
    load: () => import("../commands/agents/show.ts"),
  },
  {
    name: "agents tree",
    summary: "See whom an agent started, and whom they did",
    load: () => import("../commands/agents/tree.ts"),
  },
  {
    name: "agents terminate",
    summary: "End agents for good",
    load: () => import("../commands/agents/terminate.ts"),
  },
  {
    name: "tasks list",
    summary: "See tasks by type, status or priority",
    load: () => import("../commands/tasks/list.ts"),
  },
  {
    name: "tasks show",
    summary: "See one task, and why it runs or does not",
    load: () => import("../commands/tasks/show.ts"),
  },
  {
    name: "tasks backlog",
    summary: "See how much there is to do, by type",
    load: () => import("../commands/tasks/backlog.ts"),
  },
  {
    name: "tasks running",
    summary: "See who works on what",
    load: () => import("../commands/tasks/running.ts"),
  },
  {
    name: "tasks dead",
    summary: "See the tasks that failed for good",
    load: () => import("../commands/tasks/dead.ts"),
  },
  {
    name: "tasks enqueue",
    summary: "Enqueue one task",
    load: () => import("../commands/tasks/enqueue.ts"),
  },
  {
    name: "tasks cancel",
    summary: "Cancel tasks, also those that run",
    load: () => import("../commands/tasks/cancel.ts"),
  },
  {
    name: "tasks retry",
    summary: "Have tasks tried now",
    load: () => import("../commands/tasks/retry.ts"),
  },
  {
    name: "tasks redrive",
    summary: "Begin anew with tasks that failed or were cancelled",
    load: () => import("../commands/tasks/redrive.ts"),
  },
  {
    name: "tasks pause",
    summary: "Hold waiting tasks back",
    load: () => import("../commands/tasks/pause.ts"),
  },
  {
    name: "tasks resume",
    summary: "Let paused tasks go on",
    load: () => import("../commands/tasks/resume.ts"),
  },
  {
    name: "tasks limits",
    summary: "See the limits of task types",
    load: () => import("../commands/tasks/limits.ts"),
  },
  {
    name: "tasks limit",
    summary: "Limit or pause a task type",
    load: () => import("../commands/tasks/limit.ts"),
  },
  {
    name: "tasks schedules",
    summary: "See what is enqueued by the clock",
    load: () => import("../commands/tasks/schedules.ts"),
  },
  {
    name: "tasks prune",
    summary: "Delete tasks that ended long ago",
    load: () => import("../commands/tasks/prune.ts"),
  },
  {
    name: "tasks repair",
    summary: "Put pending tasks back that cannot be claimed",
    load: () => import("../commands/tasks/repair.ts"),
  },
  {
    name: "messages list",
    summary: "See what was said lately, and by whom",
    load: () => import("../commands/messages/list.ts"),
  },
  {
    name: "messages show",
    summary: "See one message, and who has it",
    load: () => import("../commands/messages/show.ts"),
  },
  {
    name: "messages channels",
    summary: "See the channels",
    load: () => import("../commands/messages/channels.ts"),
  },
  {
    name: "messages dead",
    summary: "See the deliveries that were given up",
    load: () => import("../commands/messages/dead.ts"),
  },
  {
    name: "messages redeliver",
    summary: "Deliver dead letters again",
    load: () => import("../commands/messages/redeliver.ts"),
  },
  {
    name: "messages reap",
    summary: "Settle and delete what has expired",
    load: () => import("../commands/messages/reap.ts"),
  },
  {
    name: "sessions list",
    summary: "See sessions by user or agent",
    load: () => import("../commands/sessions/list.ts"),
  },
  {
    name: "sessions show",
    summary: "See one session",
    load: () => import("../commands/sessions/show.ts"),
  },
  {
    name: "sessions revoke",
    summary: "End sessions",
    load: () => import("../commands/sessions/revoke.ts"),
  },
  {
    name: "sessions reap",
    summary: "Delete expired sessions",
    load: () => import("../commands/sessions/reap.ts"),
  },
  {
    name: "facts list",
    summary: "See what agents found out",
    load: () => import("../commands/facts/list.ts"),
  },
  {
    name: "facts show",
    summary: "See one fact",
    load: () => import("../commands/facts/show.ts"),
  },
  {
    name: "facts history",
    summary: "See how what was held about something changed",
    load: () => import("../commands/facts/history.ts"),
  },
  {
    name: "facts search",
    summary: "Search the texts of facts",
    load: () => import("../commands/facts/search.ts"),
  },
  {
    name: "sync status",
    summary: "See how far each pipe is, who runs it, and what waits for a person",
    load: () => import("../commands/sync/status.ts"),
  },
  {
    name: "sync topology",
    summary: "See what differs between JetStream and the configuration, and bring it about",
    load: () => import("../commands/sync/topology.ts"),
  },
  {
    name: "sync verify",
    summary: "Compare both stores key by key, and mend what differs",
    load: () => import("../commands/sync/verify.ts"),
  },
  {
    name: "sync hydrate",
    summary: "Fill the bucket of agent state from PostgreSQL",
    load: () => import("../commands/sync/hydrate.ts"),
  },
  {
    name: "sync events",
    summary: "See which changes the database tells of, and switch that on or off",
    load: () => import("../commands/sync/events.ts"),
  },
  {
    name: "sync dead-letters list",
    summary: "See what could not be brought over, and why",
    load: () => import("../commands/sync/dead-letters/list.ts"),
  },
  {
    name: "sync dead-letters show",
    summary: "See one dead letter, with its bytes",
    load: () => import("../commands/sync/dead-letters/show.ts"),
  },
  {
    name: "sync dead-letters retry",
    summary: "Try dead letters again",
    load: () => import("../commands/sync/dead-letters/retry.ts"),
  },
  {
    name: "sync dead-letters drop",
    summary: "Give dead letters up for good",
    load: () => import("../commands/sync/dead-letters/drop.ts"),
  },
  {
    name: "vacuum advise",
    summary: "See which tables autovacuum should come to sooner",
    load: () => import("../commands/vacuum/advise.ts"),
  },
  {
    name: "vacuum apply",
    summary: "Set what is advised for a table",
    load: () => import("../commands/vacuum/apply.ts"),
  },
  {
    name: "vacuum watch",
    summary: "See what the changes have brought",
    load: () => import("../commands/vacuum/watch.ts"),
  },
  {
    name: "vacuum revert",
    summary: "Take a change back",
    load: () => import("../commands/vacuum/revert.ts"),
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
