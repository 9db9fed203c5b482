import { isIP } from "node:net";
import { isLoopback } from "./loopback.ts";

/** By which names a daemon may be asked. */
export interface HostRule {
  /** The address that it listens on. */
  readonly host: string;
  /** Names besides that one and those of the loopback. */
  readonly allowedHosts: readonly string[];
}

/**
 * Whether a request was meant for this daemon, by its `Host` header. A page of somebody else, whose name was made to point here,
 * has the browser send that name, and is refused.
 *
 * Addresses cannot be made to point elsewhere: where the daemon listens beyond the loopback, any of them will do.
 */
export function isMeantForUs(header: string | undefined, { host, allowedHosts }: HostRule): boolean {
  const name = nameOf(header);
  if (name === undefined) return false;
  if (isLoopback(name)) return true;
  if ([host, ...allowedHosts].some((allowed) => allowed.toLowerCase() === name)) return true;
  return isIP(name) !== 0 && !isLoopback(host);
}

function nameOf(header: string | undefined): string | undefined {
  const [, bracketed, plain] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}
