import type { FeedMessage } from "../feed/feed-message.ts";
import { expiresHeader, operationHeader, originHeader, originPostgres } from "../keys/state-headers.ts";
import { readStateSubject, type StateKey } from "../keys/state-subject.ts";
import type { RowAge } from "../store/bucket-message.ts";
import type { Refusal } from "./parked-write.ts";

/** A write of a key. */
export interface StateWrite extends StateKey {
  /** The value, JSON in UTF-8; null deletes the key. */
  readonly value: Uint8Array | null;
  /** From when on the value is gone; null for never. */
  readonly expiresAt: string | null;
  /** Where the value came from PostgreSQL: how new the row was. It comes over an older row, and over no other. */
  readonly row?: RowAge | undefined;
}

/** A message of the bucket, and what it asks for. */
export interface ReadMessage extends FeedMessage {
  /** The write, or why it cannot be brought to PostgreSQL; undefined where we wrote it from there ourselves. */
  readonly write: StateWrite | Refusal | undefined;
}

/** Finds out what a message asks for, and whether PostgreSQL could hold it. */
export function readMessage(message: FeedMessage, maxValueBytes: number): ReadMessage {
  const { sequence, subject, data, headers, storedAtMs } = message;
  const isOwn = headers?.get(originHeader) === originPostgres;
  const write = isOwn ? undefined : readWrite(message, maxValueBytes);
  return { sequence, subject, data, headers, storedAtMs, write };
}

/** Whether it is a write that can be brought to PostgreSQL. */
export function isWrite(write: ReadMessage["write"]): write is StateWrite {
  return write !== undefined && !("reasonCode" in write);
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is read of a message. */
export interface WrittenMessage extends Pick<FeedMessage, "subject" | "data"> {
  readonly headers: { get(name: string): string } | undefined;
}

/** The write that a message asks for, whoever wrote it, or why it cannot be brought to PostgreSQL. */
export function readWrite(
  { subject, data, headers }: WrittenMessage,
  maxValueBytes: number,
): StateWrite | Refusal {
  const key = readStateSubject(subject);
  if (typeof key === "string") return { reasonCode: "bad-key", reason: key };
  const { agentId, stateKey } = key;
  const operation = headers?.get(operationHeader) ?? "";
  if (operation === "DEL" || operation === "PURGE")
    return { agentId, stateKey, value: null, expiresAt: null };
  if (data.length > maxValueBytes)
    return {
      reasonCode: "too-large",
      reason: `the value has ${data.length} bytes, more than ${maxValueBytes}`,
    };
  const expiresAt = readExpiry(headers?.get(expiresHeader) ?? "");
  if (expiresAt === undefined)
    return {
      reasonCode: "bad-header",
      reason: `${expiresHeader} is ${JSON.stringify(headers?.get(expiresHeader))}, no RFC 3339 time`,
    };
  try {
    const text = decoder.decode(data);
    const parsed: unknown = JSON.parse(text);
    const isKept = !mayHoldForeignText.test(text) || isStorable(parsed);
    return isKept
      ? { agentId, stateKey, value: data, expiresAt }
      : { reasonCode: "bad-value", reason: unstorable };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { reasonCode: "bad-value", reason: `the value is not JSON in UTF-8: ${reason}` };
  }
}

const unstorable = "the value holds a NUL character or half a surrogate pair, which PostgreSQL cannot hold";

// Only an escape can bring such a character into UTF-8 text.
const mayHoldForeignText = /\\u(?:0000|d[89a-f])/i;

function isStorable(value: unknown): boolean {
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === "string" && (next.includes("\0") || !next.isWellFormed())) return false;
    if (typeof next === "object" && next !== null)
      for (const [key, inner] of Object.entries(next)) open.push(key, inner);
  }
  return true;
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

function readExpiry(text: string): string | null | undefined {
  if (text === "") return null;
  return rfc3339.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}
