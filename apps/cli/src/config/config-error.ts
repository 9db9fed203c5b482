import { SmithError, type SmithErrorOptions } from "@mister-smith/errors";

/** The configuration is wrong or cannot be read: nothing was done. Ends with exit code `usage`. */
export class ConfigError extends SmithError<"CONFIG"> {
  override readonly name = "ConfigError";

  constructor(message: string, options: SmithErrorOptions = {}) {
    super("CONFIG", message, options);
  }
}
