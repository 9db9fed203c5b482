import { z } from "zod";

const ms = z.int().min(1).max(2_147_483_647);

/** The bounds of a monitor. */
export const monitorBounds = z.strictObject({
  /** How long one question may take, in milliseconds. Default: 3,000. */
  collectorTimeoutMs: ms.default(3_000),
  /** How long one may wait for a lock, in milliseconds: behind it others would queue. Default: 100. */
  lockTimeoutMs: ms.default(100),
  /** How long an answer is told again, before it is asked for anew, in milliseconds. Default: as long as each question has it. */
  intervalMs: z.int().min(0).max(86_400_000).optional(),
  /** Over how long what grows is counted at most, in milliseconds. Default: an hour. */
  windowMs: ms.default(3_600_000),
  /** How long all questions of one look may take, in milliseconds. Default: 10,000. */
  timeoutMs: ms.default(10_000),
  /**
   * How much may be read of tables, and as much of indexes, once an hour to know the bloat of the worst exactly, in bytes, where
   * pgstattuple is there; 0 for nothing: bloat is estimated. Default: 64 MiB.
   */
  exactBytes: z.int().min(0).max(1_099_511_627_776).default(67_108_864),
});

/** The bounds of a monitor; all have a default. */
export type MonitorBounds = z.input<typeof monitorBounds>;

/** Every option of `createMonitor`. */
export const monitorOptions = monitorBounds.extend({
  /** The server: `postgres://role@host:port/database`. */
  url: z.string().min(1, "a URL such as postgres://localhost/mister_smith"),
  /** What the server calls the connection. Default: smith-monitor. */
  applicationName: z.string().min(1).max(63).default("smith-monitor"),
});

/** The options of `createMonitor`; all but the URL have a default. */
export type MonitorOptions = z.input<typeof monitorOptions>;
