import type { FeedMessage } from "../feed/feed-message.ts";
import { expiresHeader, operationHeader, originHeader, originPostgres } from "../keys/state-headers.ts";
import { readStateSubject } from "../keys/state-subject.ts";
import type { ParkedReason, ParkedWrite } from "./parked-write.ts";

/** The last write of one key in a batch. */
export interface PlannedWrite {
  readonly agentId: string;
  readonly stateKey: string;
  /** The value as JSON text; null deletes the key. */
  readonly value: string | null;
  /** From when on the value is gone; null for never. */
  readonly expiresAt: string | null;
  /** How many writes of the key it stands for. */
  readonly writes: number;
  readonly message: FeedMessage;
  /** The write of the key before it in the batch, which it supersedes. */
  readonly before?: PlannedWrite | undefined;
}

/** What is to be done for a batch of messages. */
export interface BatchPlan {
  /** One a key, the last write of each. */
  readonly writes: readonly PlannedWrite[];
  readonly parked: readonly ParkedWrite[];
  /** Messages that we wrote from PostgreSQL ourselves. */
  readonly own: number;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Keeps of the messages the last write of each key, and puts aside what PostgreSQL could not hold. */
export function planBatch(messages: readonly FeedMessage[], maxValueBytes: number): BatchPlan {
  const last = new Map<string, PlannedWrite>();
  const parked: ParkedWrite[] = [];
  let own = 0;
  for (const message of messages) {
    if (message.headers?.get(originHeader) === originPostgres) {
      own += 1;
      continue;
    }
    const before = last.get(message.subject);
    const write = readWrite(message, before, maxValueBytes);
    if ("reasonCode" in write) parked.push(write);
    else last.set(message.subject, { ...write, before });
  }
  return { writes: [...last.values()], parked, own };
}

function readWrite(
  message: FeedMessage,
  before: PlannedWrite | undefined,
  maxValueBytes: number,
): PlannedWrite | ParkedWrite {
  const key = before ?? readStateSubject(message.subject);
  if (typeof key === "string") return parkedWrite(message, "bad-key", key);
  const { agentId, stateKey } = key;
  const writes = (before?.writes ?? 0) + 1;
  const { data, headers } = message;
  const operation = headers?.get(operationHeader) ?? "";
  if (operation === "DEL" || operation === "PURGE")
    return { agentId, stateKey, value: null, expiresAt: null, writes, message };
  if (data.length > maxValueBytes)
    return parkedWrite(
      message,
      "too-large",
      `the value has ${data.length} bytes, more than ${maxValueBytes}`,
    );
  const expiresAt = readExpiry(headers?.get(expiresHeader) ?? "");
  if (expiresAt === undefined)
    return parkedWrite(
      message,
      "bad-header",
      `${expiresHeader} is ${JSON.stringify(headers?.get(expiresHeader))}, no RFC 3339 time`,
    );
  try {
    const value = decoder.decode(data);
    const parsed: unknown = JSON.parse(value);
    const isKept = !mayHoldForeignText.test(value) || isStorable(parsed);
    if (!isKept) return parkedWrite(message, "bad-value", unstorable);
    return { agentId, stateKey, value, expiresAt, writes, message };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return parkedWrite(message, "bad-value", `the value is not JSON in UTF-8: ${reason}`);
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

function parkedWrite(message: FeedMessage, reasonCode: ParkedReason, reason: string): ParkedWrite {
  return { message, reasonCode, reason };
}
