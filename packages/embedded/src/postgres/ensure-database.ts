import { connect } from "./connect.ts";
import { maintenanceUrl } from "./postgres-url.ts";
import { createDatabase, databaseExists } from "./sql/databases.ts";

/** Makes the database of the server's URL when it is missing. */
export async function ensureDatabase(server: {
  readonly url: string;
  readonly database: string;
}): Promise<void> {
  if (server.database === "postgres") return;
  await using connection = await connect(maintenanceUrl(server));
  const [row] = await connection.rows(databaseExists(server.database));
  if (row?.found !== true) await connection.rows(createDatabase(server.database));
}
