import { isIP } from "node:net";

/** Whether only this machine reaches what listens on a host: `127.…`, `::1` and `localhost`. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}
