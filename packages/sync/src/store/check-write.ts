import type { z } from "zod";
import { SyncError } from "../errors/sync-error.ts";
import { readStateSubject, type StateKey, stateSubject } from "../keys/state-subject.ts";
import type { PutOptions } from "./state-entry.ts";
import { valueText } from "./value-text.ts";

/** The bounds of a value. */
export interface ValueLimits {
  readonly maxValueBytes: number;
  readonly schemas: Readonly<Record<string, z.ZodType>>;
}

/**
 * The subject of a key.
 *
 * @throws SyncError `INVALID_INPUT` when it is not one that PostgreSQL could hold
 */
export function checkedSubject(key: StateKey): string {
  const subject = typeof key.stateKey === "string" ? stateSubject(key) : "";
  const read =
    key.stateKey === "" || !key.stateKey.isWellFormed()
      ? "the key is empty, or no text"
      : readStateSubject(subject);
  if (typeof read !== "string") return subject;
  throw new SyncError(
    "INVALID_INPUT",
    `the state key ${JSON.stringify(key.stateKey)} cannot be used: ${read}`,
    {
      hint: "An agent's id is a UUID; a key has 1 to 255 characters, none of them NUL.",
      details: { agentId: key.agentId, stateKey: key.stateKey },
    },
  );
}

/**
 * The bytes of a value.
 *
 * @throws SyncError `INVALID_INPUT` when it is no JSON that PostgreSQL could hold, too large, or not what the key's schema says
 */
export function valueBytes(stateKey: string, value: unknown, limits: ValueLimits): Uint8Array {
  const bytes = Buffer.from(valueText(checkedValue(stateKey, value, limits)));
  if (bytes.length <= limits.maxValueBytes) return bytes;
  throw new SyncError(
    "INVALID_INPUT",
    `the value of ${JSON.stringify(stateKey)} has ${bytes.length} bytes, more than the ${limits.maxValueBytes} that are allowed`,
    {
      hint: "Store it elsewhere and put a reference, or raise maxValueBytes here, in the flusher and in the server.",
    },
  );
}

/** The value as the schema of its key returns it; unchanged where there is none. */
export function checkedValue(stateKey: string, value: unknown, { schemas }: ValueLimits): unknown {
  const schema = Object.hasOwn(schemas, stateKey) ? schemas[stateKey] : undefined;
  if (schema === undefined) return value;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SyncError(
    "INVALID_INPUT",
    `the value of ${JSON.stringify(stateKey)} is not what its schema says: ${issue?.message ?? "it does not match"}`,
    { details: { stateKey, path: issue?.path.map(String).join(".") ?? "" } },
  );
}

/**
 * From when on a value counts as gone, in RFC 3339; undefined for never.
 *
 * @throws SyncError `INVALID_INPUT` when it is no moment of the future, or given twice
 */
export function expiryOf({ ttlMs, expiresAt }: Pick<PutOptions, "ttlMs" | "expiresAt">): string | undefined {
  if (ttlMs === undefined && expiresAt === undefined) return undefined;
  const now = Date.now();
  const at = expiresAt === undefined ? now + (ttlMs ?? 0) : expiresAt.getTime();
  const isBoth = ttlMs !== undefined && expiresAt !== undefined;
  if (!isBoth && at > now && at < 253_402_300_800_000) return new Date(at).toISOString();
  throw new SyncError(
    "INVALID_INPUT",
    isBoth
      ? "ttlMs and expiresAt are both given"
      : `a value cannot expire at ${expiresAt ?? `${ttlMs} ms from now`}`,
    { hint: "Give one of them: a time in the future, before the year 10000." },
  );
}
