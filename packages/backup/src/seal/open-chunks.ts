import { createDecipheriv } from "node:crypto";
import { inChunks } from "../archive/in-chunks.ts";
import { BackupError } from "../errors/backup-error.ts";
import { chunkBytes, chunkNonce, headerBytes, magic, objectKey, tagBytes } from "./chunk-format.ts";

/**
 * Opens what {@link sealChunks} sealed. Every byte that comes out was verified; but only when it has ended without an error is it known
 * that none is missing.
 *
 * @throws BackupError `DAMAGED` for anything that is not what was sealed under this key and name, to the last bit
 */
export async function* openChunks(
  sealed: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  name: string,
): AsyncGenerator<Uint8Array> {
  let key: Uint8Array | undefined;
  let number = 0;
  for await (const { bytes, isLast } of inChunks(sealed, chunkBytes + tagBytes, headerBytes)) {
    if (key === undefined) {
      const { length } = magic;
      if (bytes.length < headerBytes || !bytes.subarray(0, length).equals(magic))
        throw damaged(name, "it does not begin as a sealed object does");
      key = objectKey(dataKey, bytes.subarray(length), name);
      if (isLast) throw damaged(name, "it ends after its header");
      continue;
    }
    if (bytes.length < tagBytes) throw damaged(name, `chunk ${number} is cut off`);
    const decipher = createDecipheriv("aes-256-gcm", key, chunkNonce(number, isLast), {
      authTagLength: tagBytes,
    });
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    yield opened(decipher, bytes.subarray(0, -tagBytes), () =>
      damaged(
        name,
        `chunk ${number} is not what was sealed: it was changed, cut off, or moved, or the key is another one`,
      ),
    );
    number += 1;
  }
  if (key === undefined) throw damaged(name, "it is empty");
}

function opened(
  decipher: ReturnType<typeof createDecipheriv>,
  bytes: Uint8Array,
  refused: () => BackupError,
): Uint8Array {
  const plain = decipher.update(bytes);
  try {
    decipher.final();
  } catch {
    throw refused();
  }
  return plain;
}

function damaged(name: string, why: string): BackupError {
  return new BackupError("DAMAGED", `${name}: ${why}`, {
    hint: "Nothing of it was used. Take another backup, or another copy of this one; `smith backup verify` looks at all of them.",
  });
}
