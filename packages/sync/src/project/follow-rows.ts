import { classifyJetStreamError } from "@mister-smith/errors";
import { headers } from "@nats-io/transport-node";
import { asSyncError } from "../errors/as-sync-error.ts";
import { SyncError } from "../errors/sync-error.ts";
import { rowHeader } from "../keys/state-headers.ts";
import type { NatsLink } from "../nats/nats-link.ts";
import { readRowAge } from "../store/bucket-message.ts";
import { inFlight } from "../store/in-flight.ts";
import { valueRoom, valueWeights } from "../store/value-room.ts";
import { decideMirror, type InBucket, type MirrorFacts } from "./decide-mirror.ts";
import { groupKeys } from "./group-keys.ts";
import { type LastMessage, lastMessage } from "./last-message.ts";

/** A row as the bucket has it. */
export interface RowInBucket {
  /** The value, as JSON text; undefined when there is no row, or it has expired. */
  readonly value: string | undefined;
  /** RFC 3339; undefined for never. */
  readonly expiresAt: string | undefined;
  /** How new it is, as the header `Smith-Row` says it; undefined where nobody asks. */
  readonly rowAge?: string | undefined;
  readonly agentActive: boolean;
  readonly flushedTo: number;
}

const maxGroups = 4;
/** How many bytes of values a group takes up at once: all have 8 MiB together. */
const groupBytes = (8 * 1_048_576) / maxGroups;

/** Which rows a bucket follows. */
export interface FollowRowsOptions {
  readonly link: NatsLink;
  /** The bucket's name. */
  readonly bucket: string;
  /** Readers ask PostgreSQL for what the bucket does not have: a row that fits into no message stays out of it, and is no failure. */
  readonly isReadThrough: boolean;
  /**
   * Reads rows by their keys in the bucket, all in one snapshot, in the order of the keys.
   *
   * @param created when the bucket's stream was made
   */
  readonly read: (keys: readonly string[], created: string) => Promise<readonly RowInBucket[]>;
}

const mostConflicts = 10;

/**
 * Brings keys of a bucket level with their rows. Every write expects what was read: a value that somebody else puts in
 * between is never overwritten, and the key is looked at again. Of a row that fits into no message the older value is removed.
 */
export function followRows(options: FollowRowsOptions): (key: string) => Promise<void> {
  const { link, bucket, isReadThrough, read } = options;
  const stream = `KV_${bucket}`;
  const weights = valueWeights(link);
  return groupKeys<string>({ run: level, maxKeys: 256, maxGroups });

  async function level(keys: readonly string[]): Promise<readonly unknown[]> {
    const errors = new Array<unknown>(keys.length);
    let left = keys.map((key, index) => ({ key, index }));
    for (let round = 0; round < mostConflicts && left.length > 0; round += 1) {
      const again = await levelOnce(left.map(({ key }) => key));
      for (const [at, { index }] of left.entries()) errors[index] = again[at];
      left = left.filter((_, at) => isConflict(again[at]));
    }
    return errors;
  }

  async function levelOnce(keys: readonly string[]): Promise<readonly unknown[]> {
    const errors: unknown[] = [];
    while (errors.length < keys.length) {
      const from = errors.length;
      errors.push(...(await levelSome(keys.slice(from, from + weights.within(groupBytes)))));
    }
    return errors;
  }

  /** The order is what makes it safe: first the bucket, then the rows with the flushed position, then a write with its condition. */
  async function levelSome(keys: readonly string[]): Promise<readonly unknown[]> {
    const { created: before, maxAgeMs } = await lookAt();
    const find = (key: string) => lastMessage(link, { stream, subject: subjectOf(key), fromLeader: false });
    const last = await inFlight(keys, keys.length, find, valueRoom(link));
    const rows = await read(keys, before);
    for (const [at, { value = "" }] of rows.entries())
      weights.weigh(Math.max(Buffer.byteLength(value), last[at]?.data.length ?? 0));
    if ((await lookAt()).created !== before) return keys.map(() => recreated());
    return Promise.all(keys.map((key, at) => write(key, last[at], rows[at], maxAgeMs)));
  }

  async function write(
    key: string,
    last: LastMessage | undefined,
    row: RowInBucket | undefined,
    maxAgeMs: number,
  ): Promise<unknown> {
    if (row === undefined) return new SyncError("JETSTREAM", `there is no answer for the key ${key}`);
    const step = decideMirror(factsOf(last, row, maxAgeMs));
    if (step.do === "nothing") return undefined;
    const made = headers();
    made.set("Smith-Origin", "postgres");
    if (step.do === "delete") made.set("KV-Operation", "DEL");
    else {
      if (row.rowAge !== undefined) made.set(rowHeader, row.rowAge);
      if (row.expiresAt !== undefined) made.set("Smith-Expires-At", row.expiresAt);
    }
    try {
      await link.js.publish(subjectOf(key), step.do === "delete" ? "" : row.value, {
        headers: made,
        expect: { lastSubjectSequence: step.expected },
      });
      return undefined;
    } catch (error) {
      if (classifyJetStreamError(error) === "too-large") {
        await remove(key, step.expected);
        if (isReadThrough) return undefined;
      }
      return asSyncError(error, `bring ${key} of the bucket ${bucket} level with its row`);
    }
  }

  /** No value is better than one that is not true any more. */
  async function remove(key: string, sequence: number): Promise<void> {
    if (sequence === 0) return;
    await link.manager.streams.purge(stream, { filter: subjectOf(key), seq: sequence + 1 });
  }

  async function lookAt(): Promise<{ readonly created: string; readonly maxAgeMs: number }> {
    try {
      const { created, config } = await link.manager.streams.info(stream);
      return { created, maxAgeMs: config.max_age / 1_000_000 };
    } catch (error) {
      throw asSyncError(error, `look at the bucket ${bucket}`);
    }
  }

  function subjectOf(key: string): string {
    return `$KV.${bucket}.${key}`;
  }

  function recreated(): SyncError {
    return new SyncError("REVISION_CONFLICT", `the bucket ${bucket} was made anew in between`, {
      retryable: true,
    });
  }
}

function factsOf(last: LastMessage | undefined, row: RowInBucket, maxAgeMs: number): MirrorFacts {
  return {
    last: last === undefined ? undefined : inBucket(last, row, maxAgeMs),
    rowExists: row.value !== undefined,
    agentActive: row.agentActive,
    flushedTo: row.flushedTo,
  };
}

function inBucket(last: LastMessage, row: RowInBucket, maxAgeMs: number): InBucket {
  const isOwn = last.header("Smith-Origin") === "postgres";
  const deleted = last.header("KV-Operation") !== "";
  const sameExpiry = last.header("Smith-Expires-At") === (row.expiresAt ?? "");
  return {
    sequence: last.sequence,
    fromPostgres: isOwn,
    deleted,
    fromLaterRow: isOwn && !deleted && !isOver(last) && isFromLaterRow(last, row),
    // One that the server will drop for its age before long is written again.
    sameAsRow:
      !(maxAgeMs > 0 && Date.now() - last.storedAtMs > maxAgeMs / 2) &&
      !deleted &&
      sameExpiry &&
      row.value !== undefined &&
      Buffer.compare(last.data, Buffer.from(row.value)) === 0,
  };
}

/** Rows of which nobody says how new they are do not go back. */
function isFromLaterRow({ header }: LastMessage, row: RowInBucket): boolean {
  const seen = readRowAge(header(rowHeader));
  const now = readRowAge(row.rowAge ?? "");
  return seen !== undefined && now !== undefined && seen.updatedAt > now.updatedAt;
}

function isOver({ header }: LastMessage): boolean {
  const expiresAt = header("Smith-Expires-At");
  return expiresAt !== "" && Date.parse(expiresAt) <= Date.now();
}

function isConflict(error: unknown): boolean {
  if (error instanceof SyncError) return error.code === "REVISION_CONFLICT";
  return error !== undefined && classifyJetStreamError(error) === "conflict";
}
