import type { EffectiveConfig } from "./effective-config.ts";

/** What alerts call the system: as it is configured, else host and database of its URL; nothing of who signs in. */
export function instanceOf({ values: { monitoring, database } }: EffectiveConfig): string {
  if (monitoring.instance !== undefined) return monitoring.instance;
  if (database.url === undefined || !URL.canParse(database.url)) return "mister-smith";
  const { host, pathname } = new URL(database.url);
  return `${host === "" ? "localhost" : host}${pathname}`;
}
