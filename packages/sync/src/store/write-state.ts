import { classifyJetStreamError } from "@mister-smith/errors";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { expiresHeader, operationHeader } from "../keys/state-headers.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { Ack, AckedWriter } from "./acked-writer.ts";
import { storedEarlier } from "./stored-earlier.ts";
import { expectedHeader, messageIdHeader } from "./write-headers.ts";

/** One message for the bucket. */
export interface StateMessage {
  readonly subject: string;
  /** Undefined: a delete. */
  readonly data: Uint8Array | undefined;
  /** Names the write to its caller. */
  readonly writeId: string;
  /** Names it to JetStream. */
  readonly messageId: string;
  readonly expiresAt: string | undefined;
  /** The number that the key's last message must have; undefined: whatever it has. */
  readonly expected: number | undefined;
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /** The caller gave the id, and so may have sent it before. */
  readonly mayBeRepeated: boolean;
}

const nothing = new Uint8Array();

/** Writes a message; `conflict` when the key's last message is another one than was expected. */
export async function writeState(
  link: NatsLink,
  writer: AckedWriter,
  message: StateMessage,
): Promise<Ack | "conflict"> {
  const { subject, writeId, messageId, expected } = message;
  let mayBeStored = message.mayBeRepeated;
  try {
    return await writer.write({
      subject,
      data: message.data ?? nothing,
      headers: headersOf(message),
      deadline: message.deadline,
      signal: message.signal,
      ...(expected === undefined
        ? {}
        : {
            onResend: () => {
              mayBeStored = true;
            },
          }),
    });
  } catch (error) {
    if (error instanceof SyncError || classifyJetStreamError(error) !== "conflict")
      throw withWriteId(asSyncError(error, `write ${subject}`), writeId);
  }
  return (mayBeStored ? await storedEarlier(link, subject, messageId, 0) : undefined) ?? "conflict";
}

function headersOf({ data, messageId, expiresAt, expected }: StateMessage): MsgHdrs {
  const made = headers();
  made.append(messageIdHeader, messageId);
  if (data === undefined) made.append(operationHeader, "DEL");
  if (expiresAt !== undefined) made.append(expiresHeader, expiresAt);
  if (expected !== undefined) made.append(expectedHeader, String(expected));
  return made;
}

/** Whoever repeats a write whose outcome is not known needs its name. */
function withWriteId(error: SyncError, writeId: string): SyncError {
  return new SyncError(error.code, error.message, {
    cause: error.cause,
    retryable: error.retryable,
    details: { ...error.details, writeId },
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** The key has moved on. */
export function conflictError(subject: string, expected: number, actual: number): SyncError {
  return new SyncError(
    "REVISION_CONFLICT",
    `${subject} is at revision ${actual}, not at ${expected} as was expected`,
    {
      hint: "Read the key and decide anew; a revision of 0 stands for no value.",
      details: { expected, actual },
    },
  );
}
