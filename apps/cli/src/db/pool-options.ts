import type { DatabaseOptions } from "@mister-smith/client";
import type { SmithConfig } from "../config/smith-config.ts";
import { databaseOptionsOf } from "../database/open-database.ts";

type DatabaseSection = SmithConfig["database"];

/**
 * The client's options for all configured pools, small and patient for no longer than a connection may take to
 * open: whoever looks at servers that may be ill must not wait for them.
 */
export function allPoolsOptions(database: DatabaseSection, url: string): DatabaseOptions {
  const { connectTimeoutMs, addresses, replica, background, analytics, replicaLag } = database;
  const own = { url, addresses, connectTimeoutMs, statementTimeoutMs: connectTimeoutMs };
  const options = databaseOptionsOf(own);
  const { max, min, acquireTimeoutMs, statementTimeoutMs, closeTimeoutMs, applicationName } = options.primary;
  const small = {
    max,
    min,
    connectTimeoutMs,
    acquireTimeoutMs,
    statementTimeoutMs,
    closeTimeoutMs,
    applicationName,
  };
  return {
    ...options,
    ...(replica === undefined ? {} : { replica: { ...replica, ...small } }),
    background: { ...background, ...small },
    analytics: { ...analytics, ...small },
    replicaLag,
  };
}

/**
 * The client's options to ask one replica and no other: as a server of reports, which is taken as it is, however far
 * behind.
 *
 * @param address as the client shows it: `host:port`
 */
export function oneReplicaOptions(database: DatabaseSection, url: string, address: string): DatabaseOptions {
  const { replica, primary, ...options } = allPoolsOptions(database, url);
  const others = primary.addresses?.filter((other) => other !== address && `${other}:5432` !== address) ?? [];
  return {
    ...options,
    primary: { ...primary, ...(others.length === 0 ? {} : { addresses: others }) },
    analytics: { ...replica, ...passwordOf(database), addresses: [asOption(address)] },
  };
}

// The pool of reports would look for its password elsewhere.
function passwordOf({ replica }: DatabaseSection): { password?: string } {
  const password = process.env["REPLICA_DB_PASSWORD"];
  const given = replica?.password ?? (replica?.url === undefined ? "" : new URL(replica.url).password);
  return given === "" && password !== undefined && password !== "" ? { password } : {};
}

function asOption(address: string): string {
  const host = address.slice(0, address.lastIndexOf(":"));
  if (host.startsWith("/")) return host;
  return host.includes(":") ? `[${host}]${address.slice(host.length)}` : address;
}
