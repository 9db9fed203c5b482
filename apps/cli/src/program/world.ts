import type { KeyStream } from "../output/terminal.ts";

/** The world as the tool sees it: what `process` has, or what a test gives. */
export interface World {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted, with an `Interrupted` as its reason, when somebody asks the tool to stop. */
  readonly signal: AbortSignal;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Where keys are pressed; left out where nobody can. */
  readonly stdin?: KeyStream;
}

/** The part of an output stream that is used. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): boolean;
}
