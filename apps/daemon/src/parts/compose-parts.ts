import type { DaemonRole, EffectiveConfig } from "@mister-smith/cli/config";
import type { Database } from "@mister-smith/client";
import {
  createEvictor,
  createFlusher,
  createRelay,
  hydrate,
  type Lease,
  leadRole,
  type NatsLink,
  periodic,
  type RoleService,
  readPosition,
  type Service,
} from "@mister-smith/sync";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import { applyTopology } from "../program/apply-topology.ts";
import { dropOldEvents } from "../upkeep/event-upkeep.ts";
import { maintainPartitions } from "../upkeep/partition-upkeep.ts";
import { reap } from "../upkeep/reaper.ts";
import { keepTasks } from "../upkeep/task-upkeep.ts";

/** What the parts of a daemon are made of. */
export interface PartsOptions {
  readonly database: Database;
  readonly link: NatsLink;
  readonly config: EffectiveConfig;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Names this process in the leases. */
  readonly holder: string;
}

/** How often it is looked whether the bucket is still there and the same, in milliseconds. */
const hydrateIntervalMs = 2_000;

type Lead = (lease: Lease, options: PartsOptions) => Service;

/** What the leader of each role does. */
const leaders: Readonly<Record<DaemonRole, Lead>> = {
  flush: flushing,
  relay: relaying,
  hydrate: hydrating,
  evict: evicting,
  reap: (_, { database, config, ...rest }) =>
    upkeep("reap", config.values.daemon.reapIntervalMs, rest, async (signal) => {
      await reap(database, signal);
      await dropOldEvents(database, config.values.daemon.keepEventsMs, signal);
    }),
  partitions: (_, { database, config, ...rest }) =>
    upkeep("partitions", config.values.daemon.partitionsIntervalMs, rest, (signal) =>
      maintainPartitions(database, signal),
    ),
  tasks: (_, { database, config, ...rest }) =>
    upkeep("tasks", config.values.daemon.tasksIntervalMs, rest, (signal) => keepTasks(database, signal)),
};

/** The candidates for the roles that this daemon may have. */
export function composeParts(options: PartsOptions): readonly RoleService[] {
  const { config, database, metrics, log, holder } = options;
  const { roles, leaseTtlMs } = config.values.daemon;
  return [...new Set(roles)]
    .filter((role) => leaders[role])
    .map((role) => {
      metrics.roleLeader.set({ role }, 0);
      return leadRole({
        database,
        role,
        holder,
        ttlMs: leaseTtlMs,
        lead: (lease) => leaders[role](lease, options),
        onChange: (leads, epoch) => {
          metrics.roleLeader.set({ role }, leads ? 1 : 0);
          log.info({ role, epoch }, leads ? "leads" : "leads no more");
        },
        onError: (error) => failed(options, role, error),
      });
    });
}

function flushing(lease: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics, log } = options;
  const { flush } = config.values.sync;
  const flusher = createFlusher({
    database,
    link,
    lease,
    batchKeys: flush.batchKeys,
    maxDelayMs: flush.maxDelayMs,
    maxValueBytes: flush.maxValueBytes,
    stuckAfterMs: config.values.daemon.stuckAfterMs,
    onBatch: ({ keys, parked, tookMs }) => {
      metrics.flushedKeys.inc(keys);
      metrics.flushBatchKeys.observe(keys);
      metrics.flushBatchSeconds.observe(tookMs / 1_000);
      if (parked.length === 0) return;
      metrics.parked.inc({ pipe: "flush" }, parked.length);
      for (const { reason, reasonCode, message } of parked)
        log.warn({ pipe: "flush", subject: message.subject, reasonCode, reason }, "put aside");
    },
    onIdentity: (identity, position) => log.warn({ identity, position }, "the state bucket is another one"),
    onError: (error) => failed(options, "flush", error),
  });
  metrics.beforeShown("flush", () => {
    metrics.flushLagKeys.set(flusher.lag.messages);
    metrics.flushLagSeconds.set(flusher.lag.ms / 1_000);
  });
  return flusher;
}

function relaying(lease: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics, log } = options;
  return createRelay({
    database,
    link,
    lease,
    stuckAfterMs: config.values.daemon.stuckAfterMs,
    onPublished: ({ events }) => metrics.relayPublished.inc(events),
    onParked: (event) => {
      metrics.parked.inc({ pipe: "relay" });
      log.warn({ pipe: "relay", ...event }, "put aside");
    },
    onError: (error) => failed(options, "relay", error),
  });
}

// The first round brings in what is missing; later ones only look whether the bucket is another one by now.
function hydrating(_: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics, log } = options;
  let hydrated: number | undefined;
  return upkeep("hydrate", hydrateIntervalMs, options, async (signal) => {
    await applyTopology(link, config, log, signal);
    const incarnation = (await readPosition(database))?.incarnation ?? 0;
    if (incarnation === hydrated) return;
    const done = await hydrate({ database, link }, { agents: "active", signal });
    hydrated = incarnation;
    metrics.hydratedKeys.inc(done.created);
    log.info({ ...done, incarnation }, "hydrated");
  });
}

function evicting(_: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics } = options;
  return createEvictor({
    database,
    link,
    ttlMs: config.values.sync.evict.stateTtlMs,
    onEvicted: ({ keys }) => metrics.evictedKeys.inc(keys),
    onError: (error) => failed(options, "evict", error),
  });
}

function upkeep(
  name: DaemonRole,
  intervalMs: number,
  options: Pick<PartsOptions, "metrics" | "log">,
  round: (signal: AbortSignal) => Promise<void>,
): Service {
  return periodic({
    name,
    intervalMs,
    round,
    stuckAfterMs: Math.max(60_000, 3 * intervalMs),
    onError: (error) => failed(options, name, error),
  });
}

function failed(
  { metrics, log }: Pick<PartsOptions, "metrics" | "log">,
  role: DaemonRole,
  error: unknown,
): void {
  metrics.roleErrors.inc({ role });
  log.warn({ role, error }, "went wrong; it is tried again");
}
