import type { Context } from "../context.ts";
import type { Check } from "./check.ts";
import { checkDatabase } from "./check-database.ts";
import { checkNats } from "./check-nats.ts";
import { checkNode } from "./check-node.ts";
import { checkProduction, type ProductionOptions } from "./check-production.ts";
import { checkPrograms } from "./check-programs.ts";
import { checkServers } from "./check-servers.ts";

/**
 * Everything the doctor looks at. Servers that nobody named are not looked for.
 *
 * @param production the look at PostgreSQL's configuration for production; undefined for none
 */
export async function examine(context: Context, production?: ProductionOptions): Promise<Check[]> {
  const { database, nats } = (await context.config()).values;
  const parts = await Promise.all([
    checkNode(),
    checkServers(),
    checkPrograms(context.env),
    database.url === undefined ? [] : checkDatabase(context),
    nats.url === undefined ? [] : checkNats(nats.url, nats.connectTimeoutMs),
  ]);
  const isAway = parts.flat().some(({ name, area, state }) => isReach(name, area) && state !== "ok");
  // After the others: it may change what they saw.
  const forProduction = production === undefined || isAway ? [] : await checkProduction(context, production);
  return [...withoutNeedlessPrograms(parts.flat()), ...forProduction];
}

function isReach(name: string, area: Check["area"]): boolean {
  return area === "postgresql" && name === "connection";
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
