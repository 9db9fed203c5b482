// From weakest to strongest, as the manual's table of lock modes has them.
const modes: readonly string[] = [
  "AccessShareLock",
  "RowShareLock",
  "RowExclusiveLock",
  "ShareUpdateExclusiveLock",
  "ShareLock",
  "ShareRowExclusiveLock",
  "ExclusiveLock",
  "AccessExclusiveLock",
];

/** How strong a lock mode of `pg_locks` is: 1 to 8; 0 for no lock. */
export function lockStrength(mode: string): number {
  return modes.indexOf(mode) + 1;
}

/** A lock mode as SQL names it: `AccessExclusiveLock` is `ACCESS EXCLUSIVE`. */
export function lockModeName(mode: string): string {
  return mode
    .replace(/Lock$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toUpperCase();
}

/** Whether a lock mode, as SQL names it, is stronger than another. */
export function isStronger(mode: string, other: string): boolean {
  const names = modes.map(lockModeName);
  return names.indexOf(mode) > names.indexOf(other);
}
