/** What a URL of a server on this machine is made of. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** The URL of a database: `postgres://user@host:port/database`. */
export function postgresUrl({ host, port, user, database }: PostgresAddress): string {
  return `postgres://${encodeURIComponent(user)}@${host}:${port}/${encodeURIComponent(database)}`;
}
