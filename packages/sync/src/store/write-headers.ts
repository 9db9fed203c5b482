import { hash } from "node:crypto";

/** The header by which JetStream knows a message again within the duplicate window. */
export const messageIdHeader = "Nats-Msg-Id";
/** The header with the number that the last message of the subject must have; 0: there must be none. */
export const expectedHeader = "Nats-Expected-Last-Subject-Sequence";

/** What is done to a key. */
export type StateOperation = "put" | "delete";

/**
 * The id of a message: of the key and the operation, too, since JetStream looks for it in the whole bucket, and a name that
 * two writes share must not have the second taken for the first. It is short whatever they are.
 */
export function messageIdOf(operation: StateOperation, subject: string, writeId: string): string {
  return hash("sha256", `${operation} ${subject} ${writeId}`, "base64url");
}
