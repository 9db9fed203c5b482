import { asDatabaseError } from "@mister-smith/errors";
import { createServerPool } from "../pool/create-server-pool.ts";
import type { PoolName, ServerPool } from "../pool/server-pool.ts";
import type { PoolEvent } from "../pool/server-pool-options.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import { isLossOfServer } from "../resilience/failure.ts";
import { askInTurn, askPooler, askThrough, serverQuestion } from "./ask-server.ts";
import type { PoolPlan } from "./pool-plan.ts";
import { probePoolOf, withoutProbe } from "./probe-pool.ts";
import type { ProbeAnswer } from "./probe-statement.ts";
import type { Server } from "./server.ts";
import { serverMonitor } from "./server-monitor.ts";
import type { ServerState } from "./server-state.ts";

/** What {@link createServer} needs. */
export interface ServerOptions {
  readonly address: string;
  /** The options of each pool there. */
  readonly plan: (name: PoolName) => PoolPlan;
  /** The pool whose role asks the server, with one connection of those it may have. */
  readonly probePool: PoolName;
  readonly probeIntervalMs: number;
  readonly probeTimeoutMs: number;
  readonly breaker: CircuitBreaker;
  /** Looks at each new connection before anybody has it; throws when nothing may be sent there. */
  readonly admit: (server: Server, pool: PoolName, answer: ProbeAnswer) => void;
  readonly onChange: (server: Server, from: ServerState, to: ServerState) => void;
  readonly onPoolEvent: (event: PoolEvent) => void;
}

/** Makes a server; nothing is opened before the first probe. */
export function createServer(options: ServerOptions): Server {
  const { address, probePool, probeTimeoutMs, admit, onChange, onPoolEvent } = options;
  const question = serverQuestion();
  const pools = new Map<PoolName, ServerPool>();
  const leaving = new Set<Promise<void>>();
  const probePlan = options.plan(probePool);
  const probes = probePoolOf(probePlan, probeTimeoutMs, { onEvent: onPoolEvent, onIdleError });

  const server: Server = {
    address,
    monitor: serverMonitor({
      ask,
      intervalMs: options.probeIntervalMs,
      onChange: (from, to) => onChange(server, from, to),
    }),
    breaker: options.breaker,
    outstanding: 0,
    lag: { ms: undefined, bytes: undefined },
    timeline: undefined,
    follows: true,
    freshUntil: 0,
    pools,
    pool: poolOf,
    interrupt(reason) {
      for (const pool of pools.values()) pool.interrupt(reason);
    },
    leave(reason) {
      for (const [name, pool] of [...pools]) {
        if (name !== "replica") leave(name, pool, reason);
      }
    },
    async close() {
      const stopped = server.monitor.stop();
      probes?.interrupt(new Error("the database is being closed"));
      const closing = [...pools.values()].map((pool) => pool.close());
      await Promise.all([stopped, probes?.close(), ...closing, ...leaving]);
    },
  };
  return server;

  function ask(): Promise<ProbeAnswer> {
    if (probes === undefined) return askInTurn(poolOf(probePool), question, probeTimeoutMs);
    if (probePlan.transactionPooling !== true) return askThrough(probes, question, probeTimeoutMs);
    return askPooler(probes, question, { ...probePlan, timeoutMs: probeTimeoutMs });
  }

  function poolOf(name: PoolName): ServerPool {
    return pools.get(name) ?? open(name);
  }

  function open(name: PoolName): ServerPool {
    const plan = options.plan(name);
    const pool = createServerPool({
      ...(name === probePool && probes !== undefined ? withoutProbe(plan) : plan),
      onConnect: async (connection) => admit(server, name, await question.on(connection)),
      onEvent: (event) => {
        if (event.type === "acquire") server.breaker.reached();
        onPoolEvent(event);
      },
      onServed: () => server.monitor.served(),
      onIdleError,
    });
    pools.set(name, pool);
    return pool;
  }

  function leave(name: PoolName, pool: ServerPool, reason: Error): void {
    pools.delete(name);
    pool.interrupt(reason);
    const left: Promise<void> = pool.close().finally(() => leaving.delete(left));
    leaving.add(left);
  }

  // Idle connections hear of a server's end before any caller does. What a caller hears, his call tells: were the
  // server in doubt before, its breaker would not count the failure.
  function onIdleError(error: Error): void {
    if (isLossOfServer(asDatabaseError(error, "keep a connection"))) server.monitor.suspect(error);
  }
}
