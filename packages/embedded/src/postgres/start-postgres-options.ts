import type { ServerLifetime } from "../server-host.ts";

/** What is said about the data: `durable` survives a crash of the machine, `fast` does not (fsync off; for tests). */
export type Durability = "durable" | "fast";

/** How WAL segments are archived: by a command in PostgreSQL's notation, or as copies in a folder. */
export type WalArchiving = { readonly command: string } | { readonly folder: string };

/** A value of a PostgreSQL setting. */
export type PostgresSetting = string | number | boolean;

/** What can be chosen about an embedded PostgreSQL. Everything has a default. */
export interface StartPostgresOptions {
  /** The folder of the data, made when missing. Default: a temporary one, removed at `stop`. */
  readonly dataDir?: string | undefined;
  /** The TCP port on 127.0.0.1. Default: a free one. */
  readonly port?: number | undefined;
  /** The folder of the programs. Default: see `findPostgres`. */
  readonly binDir?: string | undefined;
  /** The major version to look for. Default: that of the data, else the newest installed. */
  readonly major?: number | undefined;
  /** Whether the server of the package registry may be used. Default: true. */
  readonly provide?: boolean | undefined;
  /** Server settings, which win over those in the data folder. Default: none. */
  readonly settings?: Readonly<Record<string, PostgresSetting>> | undefined;
  /** Libraries for `shared_preload_libraries`. Default: none. */
  readonly preload?: readonly string[] | undefined;
  /** Libraries that are preloaded where the installation has them. Default: none. */
  readonly preloadWhenPresent?: readonly string[] | undefined;
  /** Archives WAL. Default: it does not. */
  readonly walArchiving?: WalArchiving | undefined;
  /** The database of the URL, created when missing. Default: "postgres". */
  readonly database?: string | undefined;
  /** The superuser of the URL, created with a new cluster. Default: "postgres". */
  readonly user?: string | undefined;
  /**
   * The superuser's password, letters and digits only: a new cluster then asks everybody for it. Default: none, and
   * every user of this machine may connect as superuser.
   */
  readonly password?: string | undefined;
  /** Whether data survives a crash of the machine. Default: "durable". */
  readonly durability?: Durability | undefined;
  /** Gives up when the server takes no connections after this many milliseconds; making a cluster has as long. Default: 60000. */
  readonly startTimeoutMs?: number | undefined;
  /** `parent`: stopped when the program that started it ends, even by SIGKILL. `detached`: stays. Default: "parent". */
  readonly lifetime?: ServerLifetime | undefined;
  /** The ordinary user to run as when the caller is root. Default: the owner of the data, else `postgres`, else `nobody`. */
  readonly runAs?: string | undefined;
  /** The file that takes the server's log. Default: `log/server.log` in the data folder. */
  readonly logFile?: string | undefined;
}
