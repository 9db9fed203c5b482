import { SmithError } from "@mister-smith/errors";
import { runProgram } from "../process/run-program.ts";
import type { OsUser } from "./os-user.ts";

const known = new Map<string, Promise<OsUser | undefined>>();

/** The user of that name, or undefined when the machine has none. */
export function findOsUser(name: string): Promise<OsUser | undefined> {
  const found = known.get(name) ?? lookUp(name);
  known.set(name, found);
  return found;
}

/**
 * The user that PostgreSQL has to be dropped to, since it refuses to run as root: `wanted`, else `postgres`,
 * else `nobody`. Undefined when the caller is not root: then servers run as the caller.
 *
 * @throws SmithError `OS_USER_NOT_FOUND` when `wanted`, or every default, is missing
 */
export async function serverUser(wanted?: string): Promise<OsUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const names = wanted === undefined ? ["postgres", "nobody"] : [wanted];
  for (const name of names) {
    const user = await findOsUser(name);
    if (user !== undefined && user.uid !== 0) return user;
  }
  throw new SmithError("OS_USER_NOT_FOUND", `no ordinary user named ${names.join(" or ")} on this machine`, {
    hint: "PostgreSQL does not run as root: name an existing ordinary user with the option runAs, or start as one.",
    details: { names },
  });
}

async function lookUp(name: string): Promise<OsUser | undefined> {
  const options = { timeoutMs: 5_000 };
  const [uid, gid] = await Promise.all([
    runProgram("id", ["-u", name], options),
    runProgram("id", ["-g", name], options),
  ]);
  if (uid.exitCode !== 0 || gid.exitCode !== 0) return undefined;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
}
