import { connect } from "./connect.ts";
import { type PostgresAddress, postgresUrl } from "./postgres-url.ts";
import { createDatabase, databaseExists } from "./sql/databases.ts";

/** Makes the database of the address when it is missing. */
export async function ensureDatabase(address: PostgresAddress): Promise<void> {
  if (address.database === "postgres") return;
  await using connection = await connect(postgresUrl({ ...address, database: "postgres" }));
  const [row] = await connection.rows(databaseExists(address.database));
  if (row?.found !== true) await connection.rows(createDatabase(address.database));
}
