import { SmithError, type SmithErrorOptions } from "@mister-smith/errors";

/** The command line is wrong: nothing was done. Ends with exit code `usage`. */
export class UsageError extends SmithError<"USAGE"> {
  override readonly name = "UsageError";

  constructor(message: string, options: SmithErrorOptions = {}) {
    super("USAGE", message, options);
  }
}
