import { SmithError } from "@mister-smith/errors";

/** The signals that ask the tool to stop. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** Somebody asked the tool to stop; the reason of the context's aborted signal. */
export class Interrupted extends SmithError<"INTERRUPTED"> {
  override readonly name = "Interrupted";
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super("INTERRUPTED", `stopped by ${signal}`, { details: { signal } });
    this.signal = signal;
  }
}
