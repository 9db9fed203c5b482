import { BackupError } from "../errors/backup-error.ts";
import type { ObjectName } from "./object-store.ts";

const part = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/;
/** S3's own limit is 1,024 bytes. */
const longestName = 900;

/** Whether an object may have this name: the same file on every system, and nothing that leads elsewhere. */
export function isObjectName(name: string): boolean {
  return name.length <= longestName && name.split("/").every((one) => part.test(one));
}

/**
 * Checks the name of an object.
 *
 * @throws BackupError `INVALID_INPUT`
 */
export function checkedName(name: ObjectName): ObjectName {
  if (isObjectName(name)) return name;
  throw new BackupError("INVALID_INPUT", `${JSON.stringify(name.slice(0, 200))} is no name of an object`, {
    hint: "Use parts of letters, digits, dots, dashes and underscores that do not begin with a dot, apart by slashes.",
  });
}
