/** The number of the type in every PostgreSQL. */
const jsonbOid = 3_802;
/** Dimensions, whether there are NULLs, the type, then the length and the first index. */
const headBytes = 20;
/** The length of an element, and the version of its form. */
const elementBytes = 5;
const jsonbVersion = 1;

/**
 * An array of JSON documents as PostgreSQL takes it in binary. Their bytes go as they came: nothing is quoted on this side,
 * and nothing is unquoted on the other, which checks them all the same.
 */
export function jsonbArray(documents: readonly Uint8Array[]): Buffer {
  const size = documents.reduce((sum, { length }) => sum + elementBytes + length, headBytes);
  const array = Buffer.allocUnsafe(size);
  let at = 0;
  for (const number of [1, 0, jsonbOid, documents.length, 1]) at = array.writeInt32BE(number, at);
  for (const document of documents) {
    at = array.writeInt32BE(1 + document.length, at);
    at = array.writeUInt8(jsonbVersion, at);
    array.set(document, at);
    at += document.length;
  }
  return array;
}
