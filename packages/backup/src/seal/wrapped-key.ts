import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import { BackupError } from "../errors/backup-error.ts";
import { keyBytes, type MasterKeys } from "./master-keys.ts";

const nonceBytes = 12;
const tagBytes = 16;
const wrappedBytes = nonceBytes + keyBytes + tagBytes;

/** A data key as it stands in the repository: only a master key opens it. */
export const wrappedKey = z.strictObject({
  /** The id of the master key. */
  keyId: z.string().min(1).max(63),
  wrapped: z.base64().refine((text) => Buffer.from(text, "base64").length === wrappedBytes),
});
/** A data key as it stands in the repository. */
export type WrappedKey = z.output<typeof wrappedKey>;

/** A new data key, and how it stands in the repository. `name` is what it is for: it opens under that name only. */
export function newDataKey(
  keys: MasterKeys,
  name: string,
): { readonly key: Uint8Array; readonly wrapped: WrappedKey } {
  const key = randomBytes(keyBytes);
  return { key, wrapped: wrapKey(keys, name, key) };
}

/**
 * Opens a data key.
 *
 * @throws BackupError `NO_KEY` for an unknown master key, `DAMAGED` when it is not what was wrapped under this name
 */
export function openDataKey(keys: MasterKeys, name: string, { keyId, wrapped }: WrappedKey): Uint8Array {
  const bytes = Buffer.from(wrapped, "base64");
  const decipher = createDecipheriv("aes-256-gcm", keys.key(keyId), bytes.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(boundTo(keyId, name));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new BackupError("DAMAGED", `the key of ${name} does not open with the master key ${keyId}`, {
      cause,
      hint: "It was changed or moved, or another key has this id now; look for the right one before anything is deleted.",
    });
  }
}

/** The same data key, wrapped by the current master key: what it has sealed stays as it is. */
export function rewrapKey(keys: MasterKeys, name: string, wrapped: WrappedKey): WrappedKey {
  return wrapped.keyId === keys.current ? wrapped : wrapKey(keys, name, openDataKey(keys, name, wrapped));
}

function wrapKey(keys: MasterKeys, name: string, key: Uint8Array): WrappedKey {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", keys.key(keys.current), nonce, { authTagLength: tagBytes });
  cipher.setAAD(boundTo(keys.current, name));
  const bytes = Buffer.concat([nonce, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return { keyId: keys.current, wrapped: bytes.toString("base64") };
}

function boundTo(keyId: string, name: string): Buffer {
  return Buffer.from(JSON.stringify(["mister-smith data key", 1, keyId, name]));
}
