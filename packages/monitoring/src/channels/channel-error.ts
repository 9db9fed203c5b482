import { SmithError } from "@mister-smith/errors";

/** A notification did not arrive, or nobody knows whether it did; it is to be told again. Its message holds no secret. */
export class ChannelError extends SmithError<"CHANNEL"> {
  override readonly name = "ChannelError";

  constructor(channel: string, why: string, hint?: string, cause?: unknown) {
    super("CHANNEL", `cannot tell ${channel}: ${why.slice(0, 500)}`, {
      ...(hint === undefined ? {} : { hint }),
      cause,
      retryable: true,
      details: { channel },
    });
  }
}
