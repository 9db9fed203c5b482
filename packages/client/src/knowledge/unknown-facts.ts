import { ClientError } from "../errors/client-error.ts";

/** The error for facts that are not there. */
export function unknownFacts(factIds: readonly string[]): ClientError {
  const [first, ...others] = factIds;
  return new ClientError(
    "NOT_FOUND",
    `the fact ${first} does not exist${others.length > 0 ? `, nor do ${others.length} others` : ""}`,
    { hint: "See `knowledge.find` for the facts that there are.", details: { factIds } },
  );
}
