import type { Database } from "@mister-smith/client";
import { classifyJetStreamError } from "@mister-smith/errors";
import { bringRows } from "../hydrate/create-missing.ts";
import { rowsOf } from "../hydrate/state-rows.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { AckedWriter } from "../store/acked-writer.ts";
import type { RepairOutcome } from "./difference.ts";
import type { Judged } from "./look.ts";

/** What a key is mended with. */
export interface MendOptions {
  readonly database: Database;
  readonly link: NatsLink;
  readonly writer: AckedWriter;
  readonly runId: string;
  readonly signal: AbortSignal | undefined;
}

const timeoutMs = 30_000;

/**
 * Brings the row into the bucket, or its absence, over the message that was judged and over no other. `too-large`: the row does not fit
 * into a message; the one that was judged is removed, so that readers get the row from PostgreSQL.
 */
export async function mendKey(
  options: MendOptions,
  { key, message }: Judged,
): Promise<RepairOutcome | "too-large"> {
  if (message === undefined) return "overtaken";
  let tooLarge = false;
  const onTooLarge = () => {
    tooLarge = true;
  };
  const { database, link, writer, runId, signal } = options;
  const [row] = await rowsOf(database.write, [key], signal === undefined ? {} : { signal });
  const nothing = { ...key, value: "", version: "0", checksum: "", expiresAt: undefined, updatedAt: "" };
  try {
    const written = await bringRows(
      { database, link, writer, runId, inFlight: 1, timeoutMs, signal, onTooLarge },
      [{ row: row ?? nothing, expected: message.sequence, gone: row === undefined }],
    );
    if (tooLarge) return "too-large";
    return written > 0 ? "mended" : "overtaken";
  } catch (error) {
    if (classifyJetStreamError(error) === "conflict") return "overtaken";
    throw error;
  }
}
