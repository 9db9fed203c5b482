import { ClientError, createDatabase, type Database, type Queryable, sql } from "@mister-smith/client";
import { z } from "zod";
import { checkThresholds, type ThresholdCheck } from "../check/check-thresholds.ts";
import { createHistory } from "../check/history.ts";
import { countedMetrics } from "../check/measured-values.ts";
import { createStatementWindow } from "../check/statement-window.ts";
import { allCollectors } from "../collectors/all-collectors.ts";
import { type Heartbeat, readHeartbeat } from "../deliver/heartbeat.ts";
import { type Bloat, bloat } from "../questions/bloat.ts";
import { type Connections, connections } from "../questions/connections.ts";
import { type LockWait, lockWaits } from "../questions/lock-waits.ts";
import { type SlowestBy, type SlowStatement, slowStatements } from "../questions/slow-statements.ts";
import { type CountedStatements, countStatements, statementTexts } from "../questions/statement-counts.ts";
import { type VacuumState, vacuumStates } from "../questions/vacuum.ts";
import type { Collector, ServerFacts } from "./collector.ts";
import { ask, fail, type Memory, nothing, type Run, snapshot } from "./memory.ts";
import { type MonitorBounds, type MonitorOptions, monitorBounds, monitorOptions } from "./monitor-options.ts";
import { serverFacts } from "./server-facts.ts";
import type { Snapshot } from "./snapshot.ts";

/** Looks at one server, again and again. */
export interface Monitor extends AsyncDisposable {
  /**
   * Asks what is due, one question after the other on one connection, each within its time and with a short limit for locks;
   * one that fails keeps no other from being asked. What was asked lately is told again. Never throws; takes `timeoutMs`
   * at most, and a moment more. Looks that are asked for at once are one.
   *
   * @param signal once it is aborted, nothing more is asked in this look
   */
  look(signal?: AbortSignal): Promise<Snapshot>;
  /**
   * Looks, and holds what it saw against the thresholds in `monitoring.alert_thresholds` that are enabled. What grows is
   * counted over the last hour (`windowMs`), as far as this monitor has looked, and at the first from where the server's statistics begin.
   *
   * @throws ClientError or DatabaseError when the thresholds cannot be read
   */
  check(): Promise<readonly ThresholdCheck[]>;
  /**
   * The slowest statements of the database, since their statistics began; null where they are not recorded.
   *
   * @throws ClientError or DatabaseError when they cannot be read
   */
  slowStatements(
    options?: Partial<Pick<SlowestBy, "by" | "limit">>,
  ): Promise<readonly SlowStatement[] | null>;
  /**
   * What was counted of each statement of the database up to now, to be held against a later count with
   * {@link statementChanges}; null where they are not recorded.
   *
   * @throws ClientError or DatabaseError when that cannot be read
   */
  countStatements(): Promise<CountedStatements | null>;
  /**
   * The texts of statements by their ids, of those that are still on record and that the role may see.
   *
   * @throws ClientError or DatabaseError when they cannot be read
   */
  statementTexts(queryIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Who waits for a lock, and for whom: those first that wait for nobody.
   *
   * @throws ClientError or DatabaseError when that cannot be read
   */
  lockWaits(): Promise<readonly LockWait[]>;
  /**
   * When whoever keeps the alerts has last looked, as smithd does; null where nobody ever did.
   *
   * @throws ClientError or DatabaseError when that cannot be read
   */
  heartbeat(): Promise<Heartbeat | null>;
  /**
   * The tables and indexes that waste most, of each kind at most `limit` (50), each with its bloat or why that is not known;
   * null where the functions that estimate it are not in the database.
   *
   * @throws ClientError or DatabaseError when that cannot be read
   */
  bloat(limit?: number): Promise<readonly Bloat[] | null>;
  /**
   * The tables whose dead rows are nearest to the point at which autovacuum comes, or past it, at most `limit` (50).
   *
   * @throws ClientError or DatabaseError when that cannot be read
   */
  vacuum(limit?: number): Promise<readonly VacuumState[]>;
  /**
   * Who is connected, the oldest transactions first, at most `limit` (50), and how many connections there may be.
   *
   * @throws ClientError or DatabaseError when that cannot be read
   */
  connections(limit?: number): Promise<Connections>;
  /** Ends its connection. Safe twice. */
  close(): Promise<void>;
}

/**
 * Makes a monitor of the server at a URL, be it a primary or a replica. It has two connections at most: one asks the
 * questions, one whether the server is there; none of them writes.
 *
 * @throws ClientError `INVALID_INPUT` for options that are not allowed. A server that is away is none: `look` tells.
 */
export async function createMonitor(options: MonitorOptions): Promise<Monitor> {
  const { url, applicationName, ...bounds } = parsed(monitorOptions, options);
  const { lockTimeoutMs, collectorTimeoutMs } = bounds;
  const own = {
    url,
    applicationName,
    min: 0,
    lockTimeoutMs,
    statementTimeoutMs: collectorTimeoutMs,
    connectTimeoutMs: collectorTimeoutMs,
    acquireTimeoutMs: collectorTimeoutMs,
  };
  const database = await createDatabase({
    // One connection of these is for the probes, which tell whether the server is there; the other one is never opened.
    primary: { ...own, max: 2 },
    analytics: { ...own, max: 1, asTheyAre: true },
    retry: { retries: 0 },
  });
  return monitorThat(
    async (work) => await work(database.analytics),
    bounds,
    async () => await database.close(),
  );
}

/**
 * Makes a monitor of the primary of a database that is open, for who has no connections to spare: each question borrows one
 * of it, in a transaction that only reads. To close the monitor leaves the database open.
 *
 * @throws ClientError `INVALID_INPUT` for bounds that are not allowed
 */
export function createMonitorOn(
  database: Pick<Database, "transaction">,
  bounds: MonitorBounds = {},
): Monitor {
  const checked = parsed(monitorBounds, bounds);
  const lockTimeout = `${checked.lockTimeoutMs}ms`;
  return monitorThat(
    async (work, timeoutMs) =>
      await database.transaction(
        async (tx) => {
          await tx.query(noRow`SELECT pg_catalog.set_config('lock_timeout', ${lockTimeout}, TRUE)`);
          return await work(tx);
        },
        { readOnly: true, retries: 0, timeoutMs },
      ),
    checked,
    async () => undefined,
  );
}

const noRow = sql.type(z.object({}));

function parsed<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const said = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw new ClientError("INVALID_INPUT", `the options of the monitor: ${said}`, {
    hint: "Give the URL of a server; all else has a default.",
  });
}

function monitorThat(
  run: Run,
  { collectorTimeoutMs, timeoutMs, intervalMs, windowMs, exactBytes }: z.output<typeof monitorBounds>,
  close: () => Promise<void>,
): Monitor {
  const memories = new Map<Collector, Memory>(allCollectors.map((collector) => [collector, nothing()]));
  let underWay: Promise<Snapshot> | undefined;
  const history = createHistory(countedMetrics, windowMs);
  const statements = createStatementWindow(windowMs);
  const once = async (signal?: AbortSignal) => {
    underWay ??= look(signal).finally(() => {
      underWay = undefined;
    });
    return await underWay;
  };
  const within = <Result>(work: (on: Queryable) => Promise<Result>) => run(work, collectorTimeoutMs);
  return {
    look: once,
    check: async () => {
      const now = await once();
      const began = performance.now();
      const checks = await checkThresholds(within, now, history.before(began), {
        timeoutMs: collectorTimeoutMs,
        isOver: () => performance.now() - began >= timeoutMs,
        statements,
        atMs: began,
      });
      history.note(now, began);
      return checks;
    },
    slowStatements: async ({ by = "total", limit = 20 } = {}) =>
      await within((on) => slowStatements(on, { by, limit, timeoutMs: collectorTimeoutMs })),
    countStatements: async () => await within((on) => countStatements(on, collectorTimeoutMs)),
    statementTexts: async (queryIds) =>
      await within((on) => statementTexts(on, queryIds, collectorTimeoutMs)),
    heartbeat: async () => await within((on) => readHeartbeat(on, collectorTimeoutMs)),
    lockWaits: async () => await within((on) => lockWaits(on, collectorTimeoutMs)),
    bloat: async (limit = 50) =>
      await within(async (on) => {
        const { hasBloat, tupleSchema } = await serverFacts(on, collectorTimeoutMs);
        if (!hasBloat) return null;
        return await bloat(on, { tupleSchema, exactBytes }, { limit, timeoutMs: collectorTimeoutMs });
      }),
    vacuum: async (limit = 50) =>
      await within((on) => vacuumStates(on, { limit, timeoutMs: collectorTimeoutMs })),
    connections: async (limit = 50) =>
      await within((on) => connections(on, { limit, timeoutMs: collectorTimeoutMs })),
    close,
    [Symbol.asyncDispose]: close,
  };

  async function look(signal: AbortSignal | undefined): Promise<Snapshot> {
    const began = performance.now();
    const left = () => Math.max(1, Math.min(collectorTimeoutMs, timeoutMs - (performance.now() - began)));
    const isOver = () => performance.now() - began >= timeoutMs;
    let facts: Awaited<ReturnType<typeof serverFacts>> | undefined;
    let reason: unknown;
    try {
      facts = await run((on) => serverFacts(on, left()), left());
    } catch (error) {
      reason = error;
    }
    for (const [collector, memory] of memories) {
      if (signal?.aborted === true) break;
      if (memory.askedAt + (intervalMs ?? collector.intervalMs) > began + 500) continue;
      if (facts === undefined) fail(memory, reason);
      else if (isOver())
        fail(memory, new ClientError("TIMEOUT", "there was no time left for it in this look"));
      else await askServer(collector, memory, { ...facts, exactBytes }, left());
    }
    return snapshot(memories);
  }

  async function askServer(collector: Collector, memory: Memory, facts: ServerFacts, ms: number) {
    await ask(collector, memory, async () => {
      const statement = collector.statement(facts);
      if (statement === null) return null;
      const rows = await run((on) => on.any(statement, { timeoutMs: ms }), ms);
      return collector.beside === undefined ? rows : await collector.beside(rows);
    });
  }
}
