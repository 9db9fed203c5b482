import { ClientError } from "../errors/client-error.ts";
import type { Fact } from "./fact.ts";

/** The error for a fact whose end stands already. */
export function endedFact({ factId, validUntil }: Fact, doing: string): ClientError {
  const until = validUntil?.toISOString();
  return new ClientError(
    "WRONG_STATUS",
    `the fact ${factId} cannot be ${doing}: it is valid until ${until}`,
    {
      hint: "It was superseded, retracted or recorded with an end. Read what is held now, and go on from there.",
      details: { factId, validUntil: until },
    },
  );
}

/** The error for an end that would come before the beginning. */
export function notBegun({ factId, validFrom }: Fact, doing: string, moment: Date): ClientError {
  const from = validFrom.toISOString();
  return new ClientError(
    "WRONG_STATUS",
    `the fact ${factId} cannot be ${doing} at ${moment.toISOString()}: it is valid from ${from}`,
    { hint: "Give a later moment, or none.", details: { factId, validFrom: from } },
  );
}

/** The error for a new fact that would be over when it begins. */
export function overAtOnce(what: string, validUntil: Date, beginning: Date): ClientError {
  const [until, from] = [validUntil.toISOString(), beginning.toISOString()];
  return new ClientError(
    "INVALID_INPUT",
    `${what}: validUntil is ${until}, not after the beginning, which by the server's clock is ${from}`,
    {
      hint: "Give a later validUntil, or none; or a validFrom that is earlier.",
      details: { validFrom: from, validUntil: until },
    },
  );
}

/** The error when the row is not what the statement met any more. */
export function changedMeanwhile(factId: string, doing: string): ClientError {
  return new ClientError("VERSION_CONFLICT", `the fact ${factId} changed while it was to be ${doing}`, {
    hint: "Do it again.",
    retryable: true,
  });
}
