import type { PoolName, ServerPool } from "../pool/server-pool.ts";
import type { CircuitBreaker } from "../resilience/circuit-breaker.ts";
import { isLossOfServer } from "../resilience/failure.ts";
import type { ReplicaLag } from "./replica-lag.ts";
import type { ServerMonitor } from "./server-monitor.ts";

/** One server: whether it runs, and the pools of connections to it. */
export interface Server {
  /** `host:port` */
  readonly address: string;
  readonly monitor: ServerMonitor;
  readonly breaker: CircuitBreaker;
  /** Reads that are under way there. */
  outstanding: number;
  /** How far it is behind the primary. */
  lag: ReplicaLag;
  /** Of a replica: the highest timeline that it has shown since it was last down; undefined when it shows none. */
  timeline: number | undefined;
  /** Of a replica: whether it is on the branch of the log that the primary writes, as far as is known. */
  follows: boolean;
  /** Until when reads may go there, by `performance.now()`; 0: not at all. */
  freshUntil: number;
  /** The pool of that name, made at its first use. */
  pool(name: PoolName): ServerPool;
  /** The pools that were made. */
  readonly pools: ReadonlyMap<PoolName, ServerPool>;
  /** Breaks all connections of callers: the server does not answer. */
  interrupt(reason: Error): void;
  /** Breaks the connections of the pools that write, and forgets these: another server has the writes. */
  leave(reason: Error): void;
  /** Ends the watch, lets what runs come to its end, and closes every connection. */
  close(): Promise<void>;
}

/**
 * Runs one statement there, and takes notice of how it went.
 *
 * @throws ClientError `CIRCUIT_OPEN`, and whatever `call` throws
 */
export async function runOn<Result>(server: Server, call: () => Promise<Result>): Promise<Result> {
  try {
    return await server.breaker.run(call);
  } catch (error) {
    if (isLossOfServer(error)) server.monitor.suspect(error);
    throw error;
  }
}

/**
 * Runs something of several statements there. The breaker sees only whether it began: how long it then takes says
 * nothing about the server, and must not hold up the trials of a breaker that is half-open.
 */
export async function beginOn<Result>(
  server: Server,
  call: (begun: () => void) => Promise<Result>,
): Promise<Result> {
  const begun = Promise.withResolvers<void>();
  let running: Promise<Result> | undefined;
  await runOn(server, () => {
    running = call(begun.resolve);
    return Promise.race([begun.promise, running]);
  });
  try {
    // Set by then: whoever is not let through has thrown above.
    return await (running as unknown as Promise<Result>);
  } catch (error) {
    if (isLossOfServer(error)) server.monitor.suspect(error);
    throw error;
  }
}
