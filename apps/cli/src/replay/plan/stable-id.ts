import { createHash } from "node:crypto";

// Any fixed UUID would do; this one belongs to replayed runs alone.
const namespace = Buffer.from("6d8f1c0a5b7e4e0f9a3c2b1d4e5f6071", "hex");

/** A UUID (version 5, RFC 9562) that is the same for the same parts, and another for any other parts. */
export function stableId(...parts: readonly (string | number)[]): string {
  const hash = createHash("sha1").update(namespace).update(JSON.stringify(parts)).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
