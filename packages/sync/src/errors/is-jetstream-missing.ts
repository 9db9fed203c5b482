import { classifyJetStreamError } from "@mister-smith/errors";

/** Whether the server, or the account, has no JetStream. */
export function isJetStreamMissing(error: unknown): boolean {
  return classifyJetStreamError(error) === "unsupported";
}
