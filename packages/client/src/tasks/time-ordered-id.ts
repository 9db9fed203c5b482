import { randomFillSync } from "node:crypto";
import { v7 as uuidv7 } from "uuid";

const idBytes = 16;
// One call of the random source for many identifiers: the call costs more than all the rest of an identifier.
const pool = new Uint8Array(256 * idBytes);
let used = pool.length;
let msecs = 0;
let seq = 0;

/**
 * A new identifier, a UUID of version 7: those of one process grow with each call, so that the newest rows stand together
 * in an index.
 */
export function timeOrderedId(): string {
  const random = nextRandom();
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // Half of its range is left for the others of the same millisecond.
    seq = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else {
    seq = (seq + 1) >>> 0;
    if (seq === 0) msecs += 1;
  }
  return uuidv7({ random, msecs, seq });
}

function nextRandom(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += idBytes;
  return pool.subarray(used - idBytes, used);
}
