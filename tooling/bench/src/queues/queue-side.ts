/** What a job carries: 300 bytes as JSON text. */
export interface Payload {
  readonly id: number;
  readonly text: string;
}

/** One of the queues that are compared, with its tables in a database of its own. */
export interface QueueSide extends AsyncDisposable {
  /** Puts one job in, in a transaction of its own. */
  enqueueOne(payload: Payload): Promise<unknown>;
  /** Puts all of them in with one call. */
  enqueueMany(payloads: readonly Payload[]): Promise<unknown>;
  /**
   * Lets ten workers do jobs, each one at a time. Resolves when the completion of all that were begun is committed,
   * with how many that are.
   */
  runSingle(run: Run): Promise<number>;
  /** As `runSingle`, but takes and completes many at once, in the way that is fastest for this queue. */
  runBatched(run: Run): Promise<number>;
  /** Counts the rows of jobs that are not completed. */
  pending(): Promise<number>;
  /** Removes every job. */
  clear(): Promise<void>;
}

/** How long workers go on. */
export interface Run {
  /** Until this many jobs are done … */
  readonly jobs: number;
  /** … or until this. */
  readonly signal?: AbortSignal;
  /** Told of jobs that are done. */
  readonly onDone?: (jobs: number) => void;
}

/** How a side is made ready. */
export interface QueueKind {
  /** Name and version, as it stands in the table. */
  readonly name: string;
  readonly ours?: boolean;
  /** The settings that matter, for the conditions. */
  readonly settings: string;
  /** Makes the tables in an empty database and opens the pool. */
  readonly open: (url: string) => Promise<QueueSide>;
}

/** Workers of `runSingle`, producers of single jobs, and connections of each side unless its settings say otherwise. */
export const workers = 10;
