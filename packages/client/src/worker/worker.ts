import type { WorkerEvents, WorkerListener } from "./worker-events.ts";

/** Does tasks as they become ready; see `createWorker`. */
export interface Worker extends AsyncDisposable {
  /**
   * Begins. Returns when it claims; while the database cannot be reached it tries again and again. Safe twice, and after a stop.
   *
   * @throws ClientError `NOT_FOUND` when the agent does not exist, `WRONG_STATUS` when it is terminated
   */
  start(): Promise<void>;
  /**
   * Ends: claims nothing more, gives back what it claimed ahead, and lets handlers come to their end. Those that have not
   * after `graceMs` are told by their signal; a second after that their tasks are given back. Such an attempt does not count
   * as a retry. Returns when all outcomes are on record. Never throws; safe twice and before a start.
   */
  stop(): Promise<void>;
  /** Starts if need be, works until no task is ready and none runs, then stops. Tasks for later are left for later. */
  drain(): Promise<void>;
  /** Hears of events. Returns what ends that. */
  on<Name extends keyof WorkerEvents>(name: Name, listener: WorkerListener<Name>): () => void;
}
