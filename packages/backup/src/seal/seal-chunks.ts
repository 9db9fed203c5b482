import { createCipheriv, randomBytes } from "node:crypto";
import { inChunks } from "../archive/in-chunks.ts";
import { chunkBytes, chunkNonce, magic, objectKey, saltBytes, tagBytes } from "./chunk-format.ts";

/**
 * Seals bytes as they come: what is read of the result is whole, in order, and was sealed under this key and name, or it is refused.
 * Holds two chunks at most.
 */
export async function* sealChunks(
  plain: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  name: string,
): AsyncGenerator<Uint8Array> {
  const salt = randomBytes(saltBytes);
  const key = objectKey(dataKey, salt, name);
  yield Buffer.concat([magic, salt]);
  let number = 0;
  for await (const { bytes, isLast } of inChunks(plain, chunkBytes)) {
    const cipher = createCipheriv("aes-256-gcm", key, chunkNonce(number, isLast), {
      authTagLength: tagBytes,
    });
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    number += 1;
  }
}
