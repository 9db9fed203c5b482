/** Some bytes of a stream. */
export interface Chunk {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/**
 * A stream in pieces of exactly `size`, but for the last, which has fewer or none: it is known to be the last when it comes. The first may
 * be of another size.
 */
export async function* inChunks(
  stream: AsyncIterable<Uint8Array>,
  size: number,
  firstSize: number = size,
): AsyncGenerator<Chunk> {
  let wanted = firstSize;
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const given of stream) {
    let left = given;
    while (held + left.length >= wanted) {
      const taken = wanted - held;
      parts.push(left.subarray(0, taken));
      yield { bytes: Buffer.concat(parts), isLast: false };
      left = left.subarray(taken);
      parts = [];
      held = 0;
      wanted = size;
    }
    if (left.length > 0) {
      parts.push(left);
      held += left.length;
    }
  }
  yield { bytes: Buffer.concat(parts), isLast: true };
}
