import type { Context } from "../context.ts";
import type { Check } from "./check.ts";
import { checkDatabase } from "./check-database.ts";
import { checkNats } from "./check-nats.ts";
import { checkNode } from "./check-node.ts";
import { checkPrograms } from "./check-programs.ts";
import { checkServers } from "./check-servers.ts";

/** Everything the doctor looks at. Servers that nobody named are not looked for. */
export async function examine(context: Context): Promise<Check[]> {
  const { database, nats } = (await context.config()).values;
  const parts = await Promise.all([
    checkNode(),
    checkServers(),
    checkPrograms(context.env),
    database.url === undefined ? [] : checkDatabase(context),
    nats.url === undefined ? [] : checkNats(nats.url, nats.connectTimeoutMs),
  ]);
  return withoutNeedlessPrograms(parts.flat());
}

// Whoever has a server that answers does not need the programs to start another one.
function withoutNeedlessPrograms(checks: readonly Check[]): Check[] {
  const answers = (area: Check["area"]) =>
    checks.some((check) => check.area === area && check.name === "connection" && check.state === "ok");
  const needless = new Map([
    ["PostgreSQL server", answers("postgresql")],
    ["nats-server", answers("nats")],
  ]);
  return checks.map((check) => (needless.get(check.name) === true ? { ...check, needed: false } : check));
}
