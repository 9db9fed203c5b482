/** One rung of the way a server is stopped: the signal, and how long to wait before the next rung. */
export interface StopRung {
  readonly signal: "SIGINT" | "SIGQUIT" | "SIGTERM" | "SIGKILL";
  readonly waitMs: number;
}

/** A server to be run and, whatever happens to the one who asked, to be stopped. */
export interface ServerProcessSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
  /** Takes what the server writes to its standard output and error; exists already. */
  readonly logFile: string;
  readonly stopLadder: readonly StopRung[];
}

/** What the supervisor is told. */
export type Order =
  | { readonly order: "run"; readonly id: number; readonly spec: ServerProcessSpec }
  | { readonly order: "stop"; readonly id: number }
  | { readonly order: "signal"; readonly id: number; readonly signal: StopRung["signal"] }
  | { readonly order: "own-folder"; readonly path: string }
  | { readonly order: "disown-folder"; readonly path: string }
  | { readonly order: "detach" };

/** What the supervisor tells. */
export type Report =
  | { readonly report: "ready" }
  | { readonly report: "running"; readonly id: number; readonly pid: number }
  | { readonly report: "not-started"; readonly id: number; readonly message: string }
  | {
      readonly report: "exited";
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
    };

/** Both ends are this package in one version: the discriminant is proof enough. */
export function isOrder(message: unknown): message is Order {
  return typeof message === "object" && message !== null && "order" in message;
}

/** See {@link isOrder}. */
export function isReport(message: unknown): message is Report {
  return typeof message === "object" && message !== null && "report" in message;
}
