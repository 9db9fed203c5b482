import type { ConnectionOptions } from "node:tls";
import type { z } from "zod";
import type { PoolName } from "../pool/server-pool.ts";
import type { ServerPoolOptions } from "../pool/server-pool-options.ts";
import type { databaseOptions } from "./database-options.ts";

/** Where a server listens. A host that begins with `/` is the folder of its socket. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A pool with every option settled: one server pool is to be made for each address. */
export interface PoolConfig
  extends Omit<ServerPoolOptions, "host" | "port" | "onConnect" | "onEvent" | "ssl"> {
  readonly ssl: boolean | ConnectionOptions;
  readonly addresses: readonly ServerAddress[];
}

/** The options with everything settled. */
export interface DatabaseConfig
  extends Pick<z.output<typeof databaseOptions>, "retry" | "circuitBreaker" | "replicaLag" | "monitor"> {
  /** `replica` is undefined when there is none: reads go to the primary. */
  readonly pools: Readonly<Record<Exclude<PoolName, "replica">, PoolConfig>> & {
    readonly replica: PoolConfig | undefined;
  };
  /** Whether the servers of analytics are asked whatever they are. */
  readonly analyticsAsTheyAre: boolean;
}
