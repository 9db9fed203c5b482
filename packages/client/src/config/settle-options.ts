import type { PoolName } from "../pool/server-pool.ts";
import type { PoolLimits } from "../pool/server-pool-options.ts";
import type { DatabaseConfig, PoolConfig, ServerAddress } from "./database-config.ts";
import { invalidOptions, parseOptions } from "./parse-options.ts";
import { productionPools } from "./production-pools.ts";
import { readAddress, readUrl } from "./read-url.ts";

type Options = ReturnType<typeof parseOptions>;
type PoolOptions = Options["primary"];

/** The variables of the environment that hold passwords. */
export const passwordVariables: Readonly<Record<PoolName, string>> = {
  primary: "PRIMARY_DB_PASSWORD",
  replica: "REPLICA_DB_PASSWORD",
  background: "BACKGROUND_DB_PASSWORD",
  analytics: "ANALYTICS_DB_PASSWORD",
};

/**
 * Checks the options of `createDatabase` and settles all that they leave open.
 *
 * A pool that is not configured, or has no servers of its own, uses those of another: background the primary's,
 * analytics the replicas', else the primary's. With the servers it takes over whatever it does not say itself: user,
 * password, database, TLS. Without a word about it, it also keeps no connection open that it does not use.
 *
 * @param env where passwords are looked up
 * @throws ClientError `INVALID_INPUT` naming each option that is wrong, what it is, and what is allowed
 */
export function settleOptions(input: unknown, env: NodeJS.ProcessEnv = process.env): DatabaseConfig {
  const options = parseOptions(input);
  const settle = (name: PoolName, own: PoolOptions | undefined, like: PoolConfig | undefined) =>
    settlePool({ name, own, like, options, env });
  const primary = settle("primary", options.primary, undefined);
  const replica = options.replica === undefined ? undefined : settle("replica", options.replica, primary);
  return {
    pools: {
      primary,
      replica,
      background: settle("background", options.background, primary),
      analytics: settle("analytics", options.analytics, replica ?? primary),
    },
    analyticsAsTheyAre: options.analytics?.asTheyAre ?? false,
    retry: options.retry,
    circuitBreaker: options.circuitBreaker,
    replicaLag: options.replicaLag,
    monitor: options.monitor,
  };
}

interface Pool {
  readonly name: PoolName;
  readonly own: PoolOptions | undefined;
  /** The pool whose servers and role it uses unless it says otherwise. */
  readonly like: PoolConfig | undefined;
  readonly options: Options;
  readonly env: NodeJS.ProcessEnv;
}

function settlePool({ name, own, like, options, env }: Pool): PoolConfig {
  const url = own?.url === undefined ? undefined : readUrl(own.url, `${name}.url`);
  const addresses = addressesOf(name, own, url?.address) ?? like?.addresses;
  if (addresses === undefined)
    throw invalidOptions([
      {
        path: `${name}.url`,
        message: `${name} has neither url nor addresses; allowed is at least one of them`,
      },
    ]);
  if (name === "replica" && url === undefined && own?.addresses === undefined)
    throw invalidOptions([
      {
        path: "replica.addresses",
        message: "replica has neither url nor addresses; allowed is at least one of them",
      },
    ]);
  const user = own?.user ?? url?.user ?? like?.user;
  if (user === undefined)
    throw invalidOptions([
      {
        path: `${name}.user`,
        message: `${name}.user is missing, and its URL names no user; allowed is the name of a role`,
      },
    ]);
  const ownServers = url !== undefined || own?.addresses !== undefined;
  const prefix = options.applicationNamePrefix;
  return {
    name,
    addresses,
    user,
    database: own?.database ?? url?.database ?? like?.database ?? user,
    password:
      own?.password ??
      url?.password ??
      variable(env, name) ??
      (user === like?.user ? like.password : undefined),
    ssl: own?.ssl ?? url?.ssl ?? like?.ssl ?? false,
    applicationName: own?.applicationName ?? `${prefix}/${name}`,
    limits: limitsOf(name, own),
    transactionPooling: own?.transactionPooling ?? (ownServers ? false : (like?.transactionPooling ?? false)),
    preparedStatements: options.preparedStatements,
    sessionReset: options.sessionReset,
  };
}

function addressesOf(
  name: PoolName,
  own: PoolOptions | undefined,
  ofUrl: ServerAddress | undefined,
): readonly ServerAddress[] | undefined {
  if (own?.addresses !== undefined)
    return own.addresses.map((address, index) => readAddress(address, `${name}.addresses.${index}`));
  return ofUrl === undefined ? undefined : [ofUrl];
}

function limitsOf(name: PoolName, own: PoolOptions | undefined): PoolLimits {
  const preset = productionPools[name];
  if (own === undefined) return { ...preset, min: 0 };
  const max = own.max ?? preset.max;
  if (own.min !== undefined && own.min > max)
    throw invalidOptions([
      {
        path: `${name}.min`,
        message: `${name}.min is ${own.min}; allowed is at most ${name}.max, which is ${max}`,
      },
    ]);
  const acquireTimeoutMs = own.acquireTimeoutMs ?? preset.acquireTimeoutMs;
  const statementTimeoutMs = own.statementTimeoutMs ?? preset.statementTimeoutMs;
  return {
    max,
    min: own.min ?? Math.min(preset.min, max),
    acquireTimeoutMs,
    idleTimeoutMs: own.idleTimeoutMs ?? preset.idleTimeoutMs,
    maxLifetimeMs: own.maxLifetimeMs ?? preset.maxLifetimeMs,
    testAfterIdleMs: own.testAfterIdleMs ?? preset.testAfterIdleMs,
    connectTimeoutMs: own.connectTimeoutMs ?? preset.connectTimeoutMs,
    callTimeoutMs:
      own.callTimeoutMs ?? (statementTimeoutMs === 0 ? 0 : acquireTimeoutMs + statementTimeoutMs),
    statementTimeoutMs,
    lockTimeoutMs: own.lockTimeoutMs ?? preset.lockTimeoutMs,
    idleInTransactionTimeoutMs: own.idleInTransactionTimeoutMs ?? preset.idleInTransactionTimeoutMs,
    closeTimeoutMs: own.closeTimeoutMs ?? preset.closeTimeoutMs,
  };
}

function variable(env: NodeJS.ProcessEnv, name: PoolName): string | undefined {
  const value = env[passwordVariables[name]];
  return value === "" ? undefined : value;
}
