import type { BlockingSession } from "../options/migration-event.ts";

/** A session in one phrase: process 4711 ("psql" of app at 10.0.0.7, idle in transaction since …). */
export function describeBlocker(session: BlockingSession): string {
  const application = session.application ? `"${session.application}"` : "unnamed";
  const user = session.user === null ? "" : ` of ${session.user}`;
  const place = session.client === null ? "" : ` at ${session.client}`;
  const since = session.since === null ? "" : ` since ${session.since}`;
  return `process ${session.pid} (${application}${user}${place}, ${session.state ?? "connected"}${since})`;
}
