/** What a URL of a server on this machine is made of. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string | undefined;
  readonly database: string;
}

/** The URL of a database: `postgres://user@host:port/database`, with the password where there is one. */
export function postgresUrl({ host, port, user, password, database }: PostgresAddress): string {
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
  return `postgres://${encodeURIComponent(user)}${secret}@${host}:${port}/${encodeURIComponent(database)}`;
}

/** The same server's database `postgres`, which is always there. */
export function maintenanceUrl({ url }: { readonly url: string }): string {
  const other = new URL(url);
  other.pathname = "/postgres";
  return other.href;
}
