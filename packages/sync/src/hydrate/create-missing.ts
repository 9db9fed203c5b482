import type { Database } from "@mister-smith/client";
import { classifyJetStreamError } from "@mister-smith/errors";
import { headers, type MsgHdrs } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import {
  expiresHeader,
  operationHeader,
  originHeader,
  originPostgres,
  rowHeader,
} from "../keys/state-headers.ts";
import { stateSubject } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import type { AckedWriter } from "../store/acked-writer.ts";
import { purgeMessage } from "../store/purge-message.ts";
import { storedEarlier } from "../store/stored-earlier.ts";
import { expectedHeader, messageIdHeader } from "../store/write-headers.ts";
import { keyText, markOf, marksOf, rowsOf, type StateRow } from "./state-rows.ts";

/** How rows are brought into the bucket. */
export interface CreateMissingOptions {
  readonly database: Database;
  readonly link: NatsLink;
  readonly writer: AckedWriter;
  /** A text that no other run has, for the ids of the messages. */
  readonly runId: string;
  /** How many may be under way at once. */
  readonly inFlight: number;
  /** How long each write may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Hears of rows that are larger than a message may be: they are not written, and an older message that one should
   * have come over is removed.
   */
  readonly onTooLarge?: ((row: StateRow) => void) | undefined;
}

/** A row that is in the bucket now. */
export interface CreatedRow {
  readonly row: StateRow;
  readonly sequence: number;
}

/**
 * Writes rows into the bucket whose keys have no message there. Whatever is there wins: a value, and a delete that is not
 * flushed yet.
 *
 * A row that was changed by SQL after it was read, and before it was in the bucket, was cold at that time: nobody
 * brings such a change to the bucket. So the rows are looked at again when they are in, and what has changed is
 * mended. A later change finds the key in the bucket, and is brought there as every change of SQL.
 *
 * @returns those that were created, as they were left
 */
export async function createMissing(
  options: CreateMissingOptions,
  rows: readonly StateRow[],
): Promise<readonly CreatedRow[]> {
  const { created } = await writeAll(options, rows, (row) => ({ row, expected: 0 }));
  return await mendChanged(options, created);
}

/** As {@link createMissing}, over messages that are there; returns how many were written. */
export async function bringRows(options: CreateMissingOptions, writes: readonly RowWrite[]): Promise<number> {
  const { created, written } = await writeAll(options, writes, (write) => write);
  await mendChanged(options, created);
  return written;
}

/** A row for the bucket. */
export interface RowWrite {
  readonly row: StateRow;
  /** The number of the key's message that it comes over; 0 for none. */
  readonly expected: number;
  /** The row is gone: write a delete. */
  readonly gone?: boolean;
}

async function writeAll<Input>(
  options: CreateMissingOptions,
  inputs: readonly Input[],
  toWrite: (input: Input) => RowWrite,
): Promise<{ readonly created: CreatedRow[]; readonly written: number }> {
  const created: CreatedRow[] = [];
  let written = 0;
  let next = 0;
  const worker = async () => {
    for (let input = inputs[next++]; input !== undefined; input = inputs[next++]) {
      const write = toWrite(input);
      const sequence = await writeRow(options, write);
      if (sequence === undefined) continue;
      written += 1;
      if (write.gone !== true) created.push({ row: write.row, sequence });
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(options.inFlight, inputs.length) }, worker));
  } finally {
    next = inputs.length;
  }
  return { created, written };
}

/** Undefined: the key has another message by now, which wins. */
async function writeRow(options: CreateMissingOptions, write: RowWrite): Promise<number | undefined> {
  const { writer, link, runId, timeoutMs, signal } = options;
  const subject = stateSubject(write.row);
  const id = `${runId}.${subject}.${write.expected}`;
  const data = write.gone === true ? new Uint8Array() : Buffer.from(write.row.value);
  const made = headersOf(write, id);
  if (isTooLarge(link, data, made)) {
    // A reader that finds nothing asks PostgreSQL.
    if (write.expected > 0) await purgeMessage(link, { subject, sequence: write.expected });
    options.onTooLarge?.(write.row);
    return undefined;
  }
  let isResent = false;
  try {
    const { sequence } = await writer.write({
      subject,
      data,
      headers: made,
      deadline: performance.now() + timeoutMs,
      signal,
      onResend: () => {
        isResent = true;
      },
    });
    return sequence;
  } catch (error) {
    if (classifyJetStreamError(error) !== "conflict") throw asSyncError(error, `hydrate ${subject}`);
  }
  return isResent ? (await storedEarlier(link, subject, id, write.expected))?.sequence : undefined;
}

function isTooLarge({ connection }: NatsLink, data: Uint8Array, made: MsgHdrs): boolean {
  const most = connection.info?.max_payload ?? Number.POSITIVE_INFINITY;
  // The server counts both; each line has two characters more than its end, and one line begins them.
  const lines = made.keys().map((name) => name.length + made.get(name).length + 4);
  return data.length + lines.reduce((sum, bytes) => sum + bytes, 14) > most;
}

function headersOf({ row, expected, gone }: RowWrite, id: string): MsgHdrs {
  const made = headers();
  made.append(originHeader, originPostgres);
  made.append(expectedHeader, String(expected));
  made.append(messageIdHeader, id);
  if (gone === true) made.append(operationHeader, "DEL");
  else {
    made.append(rowHeader, `${row.version} ${row.updatedAt}`);
    if (row.expiresAt !== undefined) made.append(expiresHeader, row.expiresAt);
  }
  return made;
}

async function mendChanged(
  options: CreateMissingOptions,
  created: readonly CreatedRow[],
): Promise<readonly CreatedRow[]> {
  if (created.length === 0) return created;
  const { database, signal } = options;
  const asked = signal === undefined ? {} : { signal };
  const keys = created.map(({ row }) => row);
  const marks = await marksOf(database.write, keys, asked);
  const changed = created.filter(({ row }) => marks.get(keyText(row)) !== markOf(row));
  if (changed.length === 0) return created;
  const rows = await rowsOf(
    database.write,
    changed.map(({ row }) => row),
    asked,
  );
  const now = new Map(rows.map((row) => [keyText(row), row]));
  const { created: mended } = await writeAll(options, changed, ({ row, sequence }) => {
    const current = now.get(keyText(row));
    return { row: current ?? row, expected: sequence, gone: current === undefined };
  });
  const outdated = new Set(changed);
  return [...created.filter((each) => !outdated.has(each)), ...(await mendChanged(options, mended))];
}
