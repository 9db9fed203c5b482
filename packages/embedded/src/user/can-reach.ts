import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { OsUser } from "./os-user.ts";

interface Owned {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Whether the permission bits let `user` enter a folder or run a program. Access lists are not looked at. */
export function mayEnter(user: OsUser, entry: Owned): boolean {
  return isGranted(user, entry, 0o1);
}

/** Whether the permission bits let `user` make files in a folder that it can enter. */
export function mayWrite(user: OsUser, entry: Owned): boolean {
  return isGranted(user, entry, 0o3);
}

/** The first class that fits decides, as in the system itself: an owner without a right is not helped by the group. */
function isGranted(user: OsUser, entry: Owned, bits: number): boolean {
  const shift = entry.uid === user.uid ? 6 : entry.gid === user.gid ? 3 : 0;
  return ((entry.mode >> shift) & bits) === bits;
}

/**
 * Whether `user` can get to `path`: may enter every folder above it, or above the part of it that exists.
 * Without a user the caller is meant, and the answer is yes.
 */
export async function canReach(user: OsUser | undefined, path: string): Promise<boolean> {
  if (user === undefined) return true;
  const existing = await nearestExisting(path);
  const folder = existing === path ? dirname(await realpath(path)) : await realpath(existing);
  for (let at = folder; ; at = dirname(at)) {
    if (!mayEnter(user, await stat(at))) return false;
    if (at === dirname(at)) return true;
  }
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found !== undefined || at === dirname(at)) return at;
  }
}
