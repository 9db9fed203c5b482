import { classifyJetStreamError } from "@mister-smith/errors";
import type { StoredMsg } from "@nats-io/jetstream";
import type { MsgHdrs } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import {
  expiresHeader,
  operationHeader,
  originHeader,
  originPostgres,
  rowHeader,
} from "../keys/state-headers.ts";
import { stateStream } from "../keys/state-subject.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { valueRoom } from "./value-room.ts";

/** A message of the bucket of agent state, as far as it is understood. */
export interface BucketMessage {
  readonly sequence: number;
  /** When the server stored it, in milliseconds since 1970. */
  readonly storedAtMs: number;
  readonly isDelete: boolean;
  readonly isFromPostgres: boolean;
  /** In milliseconds since 1970; undefined for never, and NaN for a header that is no time. */
  readonly expiresAtMs: number | undefined;
  /** How new the row was that it was written from; undefined where it does not say so. */
  readonly fromRow?: RowAge | undefined;
  readonly data: Uint8Array;
}

/** How new a row is. */
export interface RowAge {
  readonly version: number;
  /** When it was last changed: RFC 3339 to the microsecond, in UTC, so that the order of texts is that of times. */
  readonly updatedAt: string;
}

const rowAge = /^(\d{1,15}) (\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z)$/;

/** Reads the header that says how new a row was; undefined for what is none. */
export function readRowAge(text: string): RowAge | undefined {
  const [, version, updatedAt] = rowAge.exec(text) ?? [];
  return updatedAt === undefined ? undefined : { version: Number(version), updatedAt };
}

/** Reads the headers of a message. */
export function bucketMessage(
  headers: MsgHdrs | undefined,
  rest: Pick<BucketMessage, "sequence" | "storedAtMs" | "data">,
): BucketMessage {
  const expires = headers?.get(expiresHeader) ?? "";
  const operation = headers?.get(operationHeader) ?? "";
  return {
    sequence: rest.sequence,
    storedAtMs: rest.storedAtMs,
    data: rest.data,
    isDelete: operation === "DEL" || operation === "PURGE",
    isFromPostgres: headers?.get(originHeader) === originPostgres,
    fromRow: readRowAge(headers?.get(rowHeader) ?? ""),
    expiresAtMs: expires === "" ? undefined : Date.parse(expires),
  };
}

/** Whether there is a value: neither deleted nor expired. */
export function isLive({ isDelete, expiresAtMs }: BucketMessage, nowMs = Date.now()): boolean {
  return !isDelete && !(expiresAtMs !== undefined && expiresAtMs <= nowMs);
}

/** Who may answer, and how long it may take. */
export interface ReadBucketOptions {
  /** Ask the leader of the stream alone: another replica may be behind. Default: false. */
  readonly fromLeader?: boolean | undefined;
  /** By `performance.now()`; unless it is over, what got no answer is asked again. Default: it is asked once. */
  readonly deadline?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The last message of a subject of the bucket; undefined when there is none.
 *
 * @throws SyncError `NATS_UNREACHABLE`, `TOPOLOGY`, `ABORTED`
 */
export async function readBucket(
  link: NatsLink,
  subject: string,
  options: ReadBucketOptions = {},
): Promise<BucketMessage | undefined> {
  for (;;) {
    if (options.signal?.aborted === true)
      throw new SyncError("ABORTED", `the reading of ${subject} was ended by its signal`, {
        cause: options.signal.reason,
      });
    try {
      return await readOnce(link, subject, options.fromLeader === true);
    } catch (error) {
      const failure = asSyncError(error, `read ${subject}`);
      const inTime = performance.now() + 100 < (options.deadline ?? 0);
      if (!failure.retryable || !inTime) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function readOnce(
  link: NatsLink,
  subject: string,
  fromLeader: boolean,
): Promise<BucketMessage | undefined> {
  const query = { last_by_subj: subject };
  if (!fromLeader) {
    try {
      return read(link, await link.manager.direct.getMessage(stateStream, query));
    } catch (error) {
      // A stream that does not allow this looks as if it were not there.
      if (classifyJetStreamError(error) !== "unreachable") throw error;
    }
  }
  return read(link, await link.manager.streams.getMessage(stateStream, query));
}

function read(link: NatsLink, found: StoredMsg | null): BucketMessage | undefined {
  valueRoom(link).weigh(found?.data.length ?? 0);
  if (found === null) return undefined;
  const { header, seq: sequence, time, data } = found;
  return bucketMessage(header, { sequence, storedAtMs: time.getTime(), data });
}
