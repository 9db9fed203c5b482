import type { Database } from "@mister-smith/client";
import { SmithError, sqlStateOf } from "@mister-smith/errors";
import { type RoleConnections, roleConnections } from "../sql/role-connections.ts";

/** How many connections each pool of the daemon may have. */
export interface PoolSizes {
  readonly primary: number;
  readonly background: number;
  /**
   * Whether they are opened at the start and kept: where a role may have so many and no more, whoever comes later sees
   * that these are taken.
   */
  readonly areKept: boolean;
}

/** One of the primary's is for its probes, and one of the background's for leases while a long statement runs. */
const fewest = 2;
const tooManyConnections = "53300";
const remedy =
  "Raise the limit of the role (`ALTER ROLE … CONNECTION LIMIT …`), or give smithd one of its own (`CREATE ROLE smithd LOGIN IN ROLE app_background`); it goes on by itself then.";
/** More than these the background does not need. */
const mostBackground = 6;

/** Shares a number of connections between the pools. */
export function poolSizes(connections: number): PoolSizes {
  const background = Math.min(mostBackground, Math.ceil(connections / 2));
  return { primary: connections - background, background, areKept: false };
}

/**
 * The sizes of the pools that the roles of a database allow, at most so many connections together.
 *
 * @throws SmithError `TOO_FEW_CONNECTIONS` when a role may not have as many as it takes; what the database throws
 */
export async function allowedPoolSizes(
  database: Database,
  connections: number,
  signal: AbortSignal,
): Promise<PoolSizes> {
  const wanted = poolSizes(connections);
  const primary = await roleConnections(database.write, signal);
  const background = await roleConnections(database.background, signal);
  const areKept = primary.limit !== undefined || background.limit !== undefined;
  if (primary.role === background.role)
    return { ...poolSizes(Math.min(connections, free(primary, 2 * fewest))), areKept };
  return {
    primary: Math.min(wanted.primary, free(primary, fewest)),
    background: Math.min(wanted.background, free(background, fewest)),
    areKept,
  };
}

/** How many connections a pool needs at least beside that of the probes, which is one of the first pool's on a server. */
export function leastForCallers(withProbes: boolean): number {
  return withProbes ? fewest - 1 : fewest;
}

/** What PostgreSQL says when a role, or all, have their connections already, with the remedy; undefined for other failures. */
export function refusedConnection(error: unknown): SmithError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (sqlStateOf(at) !== tooManyConnections) continue;
    return new SmithError("TOO_FEW_CONNECTIONS", at.message, { cause: error, hint: remedy, retryable: true });
  }
  return undefined;
}

function free({ role, limit, others }: RoleConnections, needed: number): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  if (limit - others >= needed) return limit - others;
  throw new SmithError(
    "TOO_FEW_CONNECTIONS",
    `the role ${role} may have ${limit} connections, and others have ${others} of them: a daemon needs ${needed}`,
    {
      hint: `\`ALTER ROLE ${role} CONNECTION LIMIT ${limit + needed}\` gives it as many more. ${remedy}`,
      retryable: true,
      details: { role, limit, others, needed },
    },
  );
}
