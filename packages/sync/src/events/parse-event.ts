import { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import { eventSchemas } from "./event.ts";
import { type EventOf, kindOfSubject } from "./event-subject.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a message of the event streams, and checks it.
 *
 * @throws SyncError `INVALID_INPUT` when the subject is none of ours, or the message is not an event of that subject in a
 *   version that this package knows
 */
export function parseEvent<Subject extends string>(subject: Subject, bytes: Uint8Array): EventOf<Subject> {
  const kind = kindOfSubject(subject);
  if (kind === undefined) throw noEvent(subject, "no events are published to that subject");
  const parsed = eventSchemas[kind].safeParse(parseJson(subject, bytes));
  if (!parsed.success) throw noEvent(subject, z.prettifyError(parsed.error), parsed.error);
  return parsed.data as EventOf<Subject>;
}

function parseJson(subject: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw noEvent(subject, error instanceof Error ? error.message : String(error), error);
  }
}

function noEvent(subject: string, why: string, cause?: unknown): SyncError {
  return new SyncError("INVALID_INPUT", `the message on ${subject} is not an event: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { subject },
  });
}
