/** What every error of Mister Smith carries beside its message. */
export interface SmithErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** A sentence that says what to do next, with the command to run where there is one. */
  readonly hint?: string;
  /** Whether the same call may succeed when it is simply made again. Default: false. */
  readonly retryable?: boolean;
  /** Values that belong to the error, for programs: file names, versions, counts. JSON only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The base of every error that a package of Mister Smith throws.
 *
 * `code` is stable across releases and is what a program matches on; the message is for people and may
 * change. Messages are lower-case, without a full stop, and name the value that was wrong.
 */
export class SmithError<Code extends string = string> extends Error {
  override readonly name: string = "SmithError";
  readonly code: Code;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: SmithErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }

  /** The error as JSON, as `--json` prints it: name, code, message, hint, retryable, details. Never the cause. */
  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      retryable: this.retryable,
      details: this.details,
    };
  }
}

/** Whether `error` is a {@link SmithError}, also when it comes from another copy of this package. */
export function isSmithError(error: unknown): error is SmithError {
  return error instanceof Error && "code" in error && "retryable" in error && "details" in error;
}
