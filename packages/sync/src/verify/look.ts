import type { Database } from "@mister-smith/client";
import { keyText } from "../hydrate/state-rows.ts";
import type { StateKey } from "../keys/state-subject.ts";
import type { BucketMessage } from "../store/bucket-message.ts";
import { jsonOf } from "../store/stored-state.ts";
import { canonicalText, digestOf } from "./canonical-text.ts";
import { type Judgement, judgeKey } from "./judge-key.ts";
import { compareValues, parkedOf, type RowDigest, type RowSide, readRowSide } from "./row-side.ts";

/** A key, and what the bucket has of it. */
export interface LookedAt {
  readonly key: StateKey;
  readonly subject: string;
  readonly message: BucketMessage | undefined;
}

/** What was found out about a key. */
export interface Judged extends LookedAt {
  readonly judgement: Judgement;
  readonly row: RowDigest | undefined;
}

/** So many bytes of values are sent to PostgreSQL at once where it has to compare them itself. */
const compareBytes = 4 * 1024 * 1024;

/** Compares keys, of which the bucket was read before, with the database as it is now. */
export async function look(
  database: Database,
  keys: readonly LookedAt[],
  createdMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly Judged[]> {
  const asked = signal === undefined ? {} : { signal };
  const side = await readRowSide(
    database,
    keys.map(({ key }) => key),
    createdMs,
    asked,
  );
  const same = await sameValues(database, keys, side, asked);
  const judge = (parked: ReadonlySet<number>) =>
    keys.map((each, index): Judged => {
      const row = side.rows.get(keyText(each.key));
      const facts = {
        message: each.message,
        row,
        flushed: side.flushed,
        sameValue: same[index] === true,
        isParked: each.message !== undefined && parked.has(each.message.sequence),
        nowMs: Date.now(),
      };
      return { ...each, row, judgement: judgeKey(facts) };
    });
  const judged = judge(new Set());
  const different = judged.flatMap(({ judgement, message }) =>
    judgement.is === "different" && message !== undefined ? [message.sequence] : [],
  );
  return different.length === 0 ? judged : judge(await parkedOf(database, different, asked));
}

/**
 * What came from PostgreSQL has its text, and its digest is that of the row. What was put has that of our own rendering,
 * but for odd numbers: only these are compared by PostgreSQL.
 */
async function sameValues(
  database: Database,
  keys: readonly LookedAt[],
  side: RowSide,
  asked: { readonly signal?: AbortSignal },
): Promise<readonly boolean[]> {
  const same = keys.map(({ key, message }) => {
    const digest = side.rows.get(keyText(key))?.digest;
    return digest !== undefined && message !== undefined && hasDigest(message.data, digest);
  });
  let group: { readonly index: number; readonly text: string }[] = [];
  let bytes = 0;
  const compare = async () => {
    const values = group.flatMap(({ index, text }) => {
      const each = keys[index];
      return each === undefined ? [] : [{ ...each.key, text }];
    });
    const results = await compareValues(database, values, asked);
    for (const [at, { index }] of group.entries()) same[index] = results[at] === true;
    group = [];
    bytes = 0;
  };
  for (const [index, { key, message }] of keys.entries()) {
    const isOpen = same[index] !== true && side.rows.has(keyText(key));
    if (!isOpen || message === undefined || message.isDelete || jsonOf(message.data) === undefined) continue;
    group.push({ index, text: Buffer.from(message.data).toString() });
    bytes += message.data.length;
    if (bytes >= compareBytes) await compare();
  }
  await compare();
  return same;
}

/** Whether a value of the bucket is the one that a digest was made of, as far as can be told here. */
export function hasDigest(data: Uint8Array, digest: string): boolean {
  if (digestOf(data) === digest) return true;
  const json = jsonOf(data);
  if (json === undefined) return false;
  try {
    return digestOf(canonicalText(json.value)) === digest;
  } catch (error) {
    // It is nested deeper than this process can go; PostgreSQL is asked.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
