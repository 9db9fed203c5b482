import { type Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What comes out when a stream goes through a transformation; a fault of either ends both. */
export async function* through(
  source: AsyncIterable<Uint8Array>,
  transformation: Duplex,
): AsyncGenerator<Uint8Array> {
  const done = pipeline(Readable.from(source, { objectMode: false }), transformation);
  // Told below, after what came out.
  done.catch(() => {});
  try {
    for await (const part of transformation) yield part as Uint8Array;
    await done;
  } finally {
    transformation.destroy();
  }
}
