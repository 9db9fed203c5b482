import type { Clock } from "./pacer.ts";
import type { StateStreamOptions } from "./states/state-stream-options.ts";

/** What to replay, where, and how. */
export interface ReplayOptions {
  readonly databaseUrl: string;
  /** Servers that may each be the primary, in place of the one in the URL. Default: that of the URL. */
  readonly addresses?: readonly string[] | undefined;
  /** JetStream, through which the agents' state goes. Default: it is written by SQL with the rest of its run. */
  readonly nats?: StateStreamOptions | undefined;
  /** Files and folders of recorded runs. */
  readonly paths: readonly string[];
  /** How many agents to live the runs as. Default: each run once. */
  readonly agents?: number | undefined;
  /** Steps a second over all agents; 0 is as fast as possible. Default: 0. */
  readonly rate?: number | undefined;
  /** Connections that write at the same time. Default: 4. */
  readonly concurrency?: number | undefined;
  /** Tells replays of the same run into the same database apart. Default: empty. */
  readonly label?: string | undefined;
  /** Aborted to stop. Default: never. */
  readonly signal?: AbortSignal | undefined;
  /** The clock that the rate goes by. Default: this machine's. */
  readonly clock?: Clock | undefined;
  /** How long a connection may take to open, in milliseconds. Default: 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How long a statement may run, in milliseconds; 0 is without limit. Default: 60,000. */
  readonly statementTimeoutMs?: number | undefined;
  /** Told what is being done, for people. */
  readonly onProgress?: ((doing: string) => void) | undefined;
}
