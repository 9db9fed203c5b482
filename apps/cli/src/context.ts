import type { EffectiveConfig } from "./config/effective-config.ts";
import type { Colours } from "./output/colours.ts";
import type { Progress } from "./output/progress.ts";
import type { Terminal } from "./output/terminal.ts";

/** What a command may touch of the world around it. */
export interface Context {
  /** The working directory. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C or SIGTERM: stop, clean up, and let the abort error through. */
  readonly signal: AbortSignal;
  /** Whether `--json` was given: `say` is then silent and the result's data is printed. */
  readonly json: boolean;
  /** For text on stdout; paints only where colours are wanted. */
  readonly colours: Colours;
  /** The terminal that stdout is; null where it is none, and with `--json`. */
  readonly terminal: Terminal | null;
  /** Writes a line to stdout while the command runs; nothing with `--json`. */
  say(line: string): void;
  /** Writes a line to stderr, for what is not part of the result: warnings, what is being waited for. */
  note(line: string): void;
  /** Shows on stderr that something is going on, once it takes over a second; only on a terminal. */
  progress(doing: string): Progress;
  /** The effective configuration; read once, at the first call. Throws what is wrong with it. */
  config(): Promise<EffectiveConfig>;
  /** Where PostgreSQL listens. Throws `NO_DATABASE_URL` when nothing names one and no embedded system runs. */
  databaseUrl(): Promise<string>;
  /** Where NATS listens. Throws `NO_NATS_URL` when nothing names one and no embedded system runs. */
  natsUrl(): Promise<string>;
}
