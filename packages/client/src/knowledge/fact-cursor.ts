import { z } from "zod";
import { ClientError } from "../errors/client-error.ts";

/** The last fact of a page: when it was written down, to the microsecond as text, and which it is. */
export interface FactPosition {
  readonly writtenAt: string;
  readonly factId: string;
}

const position = z.tuple([z.iso.datetime({ precision: 6 }), z.guid()]);

/** A position as callers carry it: opaque, fit for a URL. */
export function cursorOf({ writtenAt, factId }: FactPosition): string {
  return Buffer.from(JSON.stringify([writtenAt, factId])).toString("base64url");
}

/** The position that a cursor stands for; `INVALID_INPUT` when it is none of ours. */
export function positionOf(cursor: string): FactPosition {
  const parsed = position.safeParse(jsonOf(cursor));
  if (parsed.success) return { writtenAt: parsed.data[0], factId: parsed.data[1] };
  throw new ClientError("INVALID_INPUT", "the cursor is not one that a page of facts came with", {
    hint: "Give the `nextCursor` of the page before, unchanged, or none for the first page.",
    cause: parsed.error,
  });
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return undefined;
  }
}
