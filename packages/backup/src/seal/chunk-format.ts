import { hkdfSync } from "node:crypto";
import { keyBytes } from "./master-keys.ts";

// A sealed object, version 1:
//
//   magic (8)  version (1)  salt (16)  chunks
//
// A chunk is its ciphertext with a tag of 16 bytes. All but the last hold exactly `chunkBytes` of plaintext; the last
// holds fewer, or none. The nonce of a chunk is its number and whether it is the last, so that none can be left out,
// doubled, moved or cut off: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár
// (https://eprint.iacr.org/2015/189), as age uses it (https://age-encryption.org/v1).
//
// The key of an object is derived from the data key by HKDF with a salt of its own and the object's name: no two objects
// share a key, so that numbers may serve as nonces, and an object opens under its own name only.

/** What each object begins with. */
export const magic: Uint8Array = Buffer.from("SMITHBK\u0001", "latin1");
export const saltBytes = 16;
export const headerBytes: number = magic.length + saltBytes;
export const tagBytes = 16;
/** How much plaintext a chunk holds: what is in memory at once, and what one flipped bit makes unreadable. */
export const chunkBytes: number = 256 * 1024;
/** The most chunks of an object: the numbers that a nonce has room for are far more. */
export const mostChunks: number = 2 ** 40;

/** The key of one object. */
export function objectKey(dataKey: Uint8Array, salt: Uint8Array, name: string): Uint8Array {
  const info = Buffer.from(JSON.stringify(["mister-smith sealed object", 1, name]));
  return new Uint8Array(hkdfSync("sha256", dataKey, salt, info, keyBytes));
}

/** The nonce of a chunk: eleven bytes of its number, one that is 1 for the last. */
export function chunkNonce(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 3);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}
