import { createHash, randomBytes } from "node:crypto";

/**
 * What of the cache is still good. Every tag falls into one of a fixed number of slots; an invalidation gives the slots of
 * its tags a new random number. A cached value carries the numbers of its tags' slots from before it was loaded: while they
 * are the same, nothing that it depends on was invalidated since. All slots are one message, so that a batch of
 * events costs one publish, and a look-up one read.
 *
 * Two tags may share a slot. Then a value is thrown away without need; it is never kept wrongly.
 */
export type Generations = Uint8Array;

const identityBytes = 8;
const slots = 2048;
const slotBytes = 4;

/** The subject of the generations, in the cache's bucket. */
export const generationsSubject = "$KV.QUERY_CACHE.generations";
/** The stream of the cache's bucket. */
export const cacheStream = "KV_QUERY_CACHE";

/** Generations unlike any others: no value of before is good under them. */
export function freshGenerations(): Generations {
  const made = new Uint8Array(identityBytes + slots * slotBytes);
  made.set(randomBytes(identityBytes));
  return made;
}

/** Whether bytes are generations, and not what somebody else put there. */
export function areGenerations(bytes: Uint8Array): boolean {
  return bytes.length === identityBytes + slots * slotBytes;
}

/** Generations in which all that carries one of the tags is no longer good. */
export function invalidated(generations: Generations, tags: Iterable<string>): Generations {
  const next = Uint8Array.from(generations);
  const random = randomBytes(slotBytes);
  for (const tag of tags) next.set(random, offsetOf(tag));
  return next;
}

/** What a value with these tags carries to be told from one that was loaded before an invalidation. */
export function stampOf(generations: Generations, tags: readonly string[]): string {
  const parts = [generations.subarray(0, identityBytes)];
  for (const tag of tags) parts.push(generations.subarray(offsetOf(tag), offsetOf(tag) + slotBytes));
  return Buffer.concat(parts).toString("base64");
}

function offsetOf(tag: string): number {
  return identityBytes + (hashOf(tag) % slots) * slotBytes;
}

/** FNV-1a: the same in every process that shares the cache. */
function hashOf(tag: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < tag.length; index += 1) {
    hash = Math.imul(hash ^ tag.charCodeAt(index), 0x01000193) >>> 0;
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The subject of a cached value: its key may have any characters and any length. */
export function valueSubject(key: string): string {
  return `$KV.QUERY_CACHE.v.${createHash("sha256").update(key).digest("hex")}`;
}
