import { timingSafeEqual } from "node:crypto";
import { BackupError } from "../errors/backup-error.ts";

/** The length of every key here, in bytes: AES-256. */
export const keyBytes = 32;

const keyId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The keys that keys of backups are wrapped with. They are held by whoever runs backups, and never written to the repository. */
export interface MasterKeys {
  /** The id of the key that wraps from now on. */
  readonly current: string;
  /**
   * The key of an id.
   *
   * @throws BackupError `NO_KEY`
   */
  key(id: string): Uint8Array;
}

/**
 * Master keys by their ids: the current one, and those that older backups were made with.
 *
 * @throws BackupError `INVALID_INPUT` for an id or a key that is none, or a current id without a key
 */
export function masterKeys(current: string, keys: Readonly<Record<string, Uint8Array>>): MasterKeys {
  for (const [id, key] of Object.entries(keys)) {
    if (!keyId.test(id))
      throw invalid(
        `${JSON.stringify(id)} is no id of a key`,
        "Use letters, digits, dot, dash and underscore, 63 at most.",
      );
    if (key.length !== keyBytes)
      throw invalid(
        `the key ${id} has ${key.length} bytes`,
        `Give ${keyBytes} random bytes: openssl rand -base64 ${keyBytes}`,
      );
    if (timingSafeEqual(key, new Uint8Array(keyBytes)))
      throw invalid(
        `the key ${id} is all zeros`,
        `Give ${keyBytes} random bytes: openssl rand -base64 ${keyBytes}`,
      );
  }
  if (!Object.hasOwn(keys, current))
    throw invalid(
      `there is no key of the current id ${JSON.stringify(current)}`,
      `Known are ${Object.keys(keys).join(", ") || "none"}.`,
    );
  return {
    current,
    key: (id) => {
      const key = Object.hasOwn(keys, id) ? keys[id] : undefined;
      if (key === undefined)
        throw new BackupError("NO_KEY", `no key ${JSON.stringify(id)} is known here`, {
          hint: `Add it to the keys of the backup configuration; known are ${Object.keys(keys).join(", ")}.`,
        });
      return key;
    },
  };
}

function invalid(message: string, hint: string): BackupError {
  return new BackupError("INVALID_INPUT", message, { hint });
}
