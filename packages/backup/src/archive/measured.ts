import { createHash } from "node:crypto";

/** How much has gone by, and its digest. */
export interface Measure {
  readonly bytes: number;
  /** SHA-256 in hexadecimal digits. Asked for once, at the end. */
  digest(): string;
}

/** A stream as it is, and what has gone by of it. */
export function measured(
  source: AsyncIterable<Uint8Array>,
  onBytes: (bytes: number) => void = () => {},
): [AsyncIterable<Uint8Array>, Measure] {
  const hash = createHash("sha256");
  let bytes = 0;
  const stream = async function* () {
    for await (const part of source) {
      hash.update(part);
      bytes += part.length;
      onBytes(part.length);
      yield part;
    }
  };
  return [
    stream(),
    {
      get bytes() {
        return bytes;
      },
      digest: () => hash.digest("hex"),
    },
  ];
}
