import type { DaemonRole } from "@mister-smith/cli/config";
import { dropOldChanges, dropOldPlans } from "@mister-smith/monitoring";
import {
  createEvictor,
  createFlusher,
  createRelay,
  type Lease,
  leadRole,
  periodic,
  type RoleService,
  type Service,
} from "@mister-smith/sync";
import { leaveOut, toldBy } from "../metrics/role-gauges.ts";
import { dropOldEvents } from "../upkeep/event-upkeep.ts";
import { maintainPartitions } from "../upkeep/partition-upkeep.ts";
import { dropRetried, reap } from "../upkeep/reaper.ts";
import { keepTasks } from "../upkeep/task-upkeep.ts";
import { type Upkeep, yieldingUpkeep } from "../upkeep/yielding.ts";
import { hydrating } from "./hydrating.ts";
import { monitoring } from "./monitoring.ts";
import { failed, type PartsOptions } from "./parts-options.ts";

interface LeadOptions extends PartsOptions {
  /** Where reaper and tasks do their work. */
  readonly yielding: Upkeep;
}

type Lead = (lease: Lease, options: LeadOptions) => Service;

/** What the leader of each role does. */
const leaders: Readonly<Record<DaemonRole, Lead>> = {
  flush: flushing,
  relay: relaying,
  hydrate: hydrating,
  evict: evicting,
  reap: (_, { database, yielding, config, ...rest }) =>
    upkeep("reap", config.values.daemon.reapIntervalMs, rest, async (signal) => {
      await reap(yielding, signal);
      await dropOldEvents(database, config.values.daemon.keepEventsMs, signal);
      await dropOldChanges(database.background, config.values.daemon.keepAlertsMs);
      await dropOldPlans(database.background, config.values.daemon.keepPlansMs);
      await dropRetried(database, config.values.daemon.keepDeadLettersMs, signal);
    }),
  partitions: (_, { database, config, ...rest }) =>
    upkeep("partitions", config.values.daemon.partitionsIntervalMs, rest, (signal) =>
      maintainPartitions(database, signal),
    ),
  monitor: monitoring,
  tasks: (_, { yielding, config, ...rest }) =>
    upkeep("tasks", config.values.daemon.tasksIntervalMs, rest, (signal) =>
      keepTasks(yielding, signal, (error) => failed(rest, "tasks", error)),
    ),
};

/** The candidates for the roles that this daemon may have. */
export function composeParts(options: PartsOptions): readonly RoleService[] {
  const { config, database, metrics, log, holder, lives } = options;
  const { roles, leaseTtlMs, stuckAfterMs } = config.values.daemon;
  const leadOptions = { ...options, yielding: yieldingUpkeep(database) };
  return [...new Set(roles)]
    .filter((role) => leaders[role])
    .map((role) => {
      metrics.roleLeader.set({ role }, 0);
      return leadRole({
        database,
        role,
        holder,
        ttlMs: leaseTtlMs,
        stuckAfterMs,
        lead: (lease) => leaders[role](lease, leadOptions),
        onChange: (leads, epoch) => {
          metrics.roleLeader.set({ role }, leads ? 1 : 0);
          if (!leads) leaveOut(metrics, role);
          // From now on another one sees what becomes of agents.
          if (!leads && toldBy.has(role)) lives.forget();
          log.info({ role, epoch }, leads ? "leads" : "leads no more");
        },
        onError: (error) => failed(options, role, error),
      });
    });
}

function flushing(lease: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics, log, lives } = options;
  const { flush } = config.values.sync;
  const flusher = createFlusher({
    database,
    link,
    lease,
    lives,
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
    ...config.values.sync.relay,
    stuckAfterMs: config.values.daemon.stuckAfterMs,
    onPublished: ({ events }) => metrics.relayPublished.inc(events),
    onParked: (event) => {
      metrics.parked.inc({ pipe: "relay" });
      log.warn({ pipe: "relay", ...event }, "put aside");
    },
    onError: (error) => failed(options, "relay", error),
  });
}

function evicting(_: Lease, options: PartsOptions): Service {
  const { database, link, config, metrics, lives } = options;
  return createEvictor({
    database,
    link,
    lives,
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
