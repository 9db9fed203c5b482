import { durationText } from "../output/duration-text.ts";
import type { ConnectionGroup, ConnectionLimits, RoleLimit } from "../sql/connections.ts";

/** What a server said of its connections. */
export interface ConnectionCounts {
  readonly limits: ConnectionLimits | null;
  readonly roles: readonly RoleLimit[];
  readonly connections: readonly ConnectionGroup[];
}

const nearlyAll = 0.9;
const longInTransactionMs = 5 * 60_000;

/** What is wrong with the connections to a server or soon will be, each with what to do. */
export function connectionWarnings({ limits, roles, connections }: ConnectionCounts): readonly string[] {
  return [
    ...(limits === null ? [] : limitWarnings(limits)),
    ...roles
      .filter(({ used, limit }) => used >= limit * nearlyAll)
      .map(
        ({ role, used, limit }) =>
          `the role ${role} has ${used} of its ${limit} connections: lower max of its pools or the number of processes, or ALTER ROLE ${role} CONNECTION LIMIT`,
      ),
    ...connections.flatMap(idleWarning),
  ];
}

function limitWarnings({
  used,
  max,
  reserved,
  database,
  databaseUsed,
  databaseLimit,
}: ConnectionLimits): string[] {
  const warnings: string[] = [];
  const free = max - reserved;
  if (used >= free * nearlyAll)
    warnings.push(
      `${used} of the ${free} connections that are not reserved are taken: end idle ones, lower max of the pools, or put PgBouncer in front`,
    );
  if (databaseLimit !== null && databaseUsed >= databaseLimit * nearlyAll)
    warnings.push(
      `the database ${database} has ${databaseUsed} of its ${databaseLimit} connections: see ALTER DATABASE … CONNECTION LIMIT`,
    );
  return warnings;
}

function idleWarning({ application, state, longestMs }: ConnectionGroup): string[] {
  if (!state.startsWith("idle in transaction") || (longestMs ?? 0) < longInTransactionMs) return [];
  return [
    `a transaction of ${application} has done nothing for ${durationText(longestMs ?? 0)} and keeps its locks: find its pid in pg_stat_activity, and end it with pg_terminate_backend(pid)`,
  ];
}
