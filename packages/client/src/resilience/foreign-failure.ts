const foreign = new WeakSet<object>();

/**
 * Notes of an error that a caller's work threw whether it came from the session that the work was given. One from
 * elsewhere, such as another database, says nothing about this call's server, and does not have the work run again.
 */
export function noteOrigin(error: unknown, isOwn: boolean): void {
  if (typeof error !== "object" || error === null) return;
  if (isOwn) foreign.delete(error);
  else foreign.add(error);
}

/** Whether an error came from elsewhere than the session of the call that it ended. */
export function isForeign(error: unknown): boolean {
  return typeof error === "object" && error !== null && foreign.has(error);
}
