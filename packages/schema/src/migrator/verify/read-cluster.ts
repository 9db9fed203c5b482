import type { Catalog } from "../catalog/catalog.ts";
import type { MigratorSession } from "../session/migrator-session.ts";
import type { ClusterWideStatement } from "./cluster-wide.ts";
import { selectCluster } from "./sql/cluster.ts";

/** What the cluster holds of the roles and databases that statements name, as a snapshot to compare. */
export async function readCluster(
  session: MigratorSession,
  statements: readonly ClusterWideStatement[],
): Promise<Catalog> {
  const roles = statements.flatMap((statement) => statement.roles);
  const databases = statements.flatMap((statement) => statement.databases);
  if (roles.length + databases.length === 0) return [];
  const rows = await session.any(selectCluster(roles, databases));
  return rows.map(({ kind, name, properties }) => ({ kind, name, properties }));
}
