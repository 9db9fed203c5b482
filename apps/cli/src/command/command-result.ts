import type { ExitName } from "../exit-codes.ts";

/** What a command has to say at its end. */
export interface CommandResult {
  /** The one JSON document that `--json` prints. Its shape is part of the command's interface. */
  readonly data: unknown;
  /** The same for people, without a trailing newline; empty prints nothing. */
  readonly text: string;
  /** Default: `ok`. */
  readonly exit?: ExitName;
  /** Keeps the command running after its result was printed, until the promise settles. Default: it ends. */
  readonly hold?: () => Promise<void>;
}
