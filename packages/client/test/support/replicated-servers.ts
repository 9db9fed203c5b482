import { join } from "node:path";
import {
  type EmbeddedPostgres,
  type EmbeddedReplica,
  listPostgres,
  type PostgresSetting,
  startPostgres,
} from "@mister-smith/embedded";
import pg from "pg";
import { eventually } from "./eventually.ts";

/** A primary and the replicas that follow it; temporary, for one test. */
export interface ReplicatedServers extends AsyncDisposable {
  readonly primary: EmbeddedPostgres;
  readonly replicas: readonly EmbeddedReplica[];
  /** Starts those that were killed, and waits until every replica has what the primary has. */
  revive(): Promise<void>;
}

/** What can be said of the servers. */
export interface ReplicatedServersOptions {
  readonly binDir: string;
  /** Default: 1. */
  readonly replicas?: number;
  readonly settings?: Readonly<Record<string, PostgresSetting>>;
  /** Holds their data, also while they are stopped. Default: it goes when they are stopped. */
  readonly folder?: string;
}

/** One installation of each major version at hand. */
export async function postgresMajors(): Promise<
  readonly { readonly major: number; readonly binDir: string }[]
> {
  const majors = new Map<number, string>();
  for (const { version, binDir } of await listPostgres())
    if (!majors.has(version.major)) majors.set(version.major, binDir);
  return [...majors].map(([major, binDir]) => ({ major, binDir }));
}

/** Starts them with a table `notes (id INT PRIMARY KEY, note TEXT)` that every replica has. */
export async function replicatedServers(options: ReplicatedServersOptions): Promise<ReplicatedServers> {
  const { binDir, replicas: count = 1, folder } = options;
  // A replica that has lost its primary looks again after so long; until then it is not promoted either.
  const settings = { wal_retrieve_retry_interval: "50ms", ...options.settings };
  const dataOf = (name: string) => (folder === undefined ? {} : { dataDir: join(folder, name) });
  const primary = await startPostgres({ binDir, durability: "fast", settings, ...dataOf("primary") });
  await ask(primary.url, "CREATE TABLE notes (id INT PRIMARY KEY, note TEXT NOT NULL DEFAULT '')");
  const replicas: EmbeddedReplica[] = [];
  for (let index = 0; index < count; index += 1)
    replicas.push(await primary.startReplica(dataOf(`replica_${index}`)));
  const revive = async () => {
    for (const server of [primary, ...replicas]) if (server.pid === 0) await server.start();
    const [row] = await ask(primary.url, "SELECT pg_current_wal_flush_lsn()::text AS lsn");
    for (const { url } of replicas)
      await eventually("the replica has everything", async () => {
        const [there] = await ask(url, `SELECT pg_last_wal_replay_lsn() >= '${row?.["lsn"]}' AS there`);
        return there?.["there"] === true;
      });
  };
  await revive();
  return {
    primary,
    replicas,
    revive,
    async [Symbol.asyncDispose]() {
      await Promise.all(replicas.map((replica) => replica.stop()));
      await primary.stop();
    },
  };
}

/** Asks a server, on a connection of its own. */
export async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: "test" });
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The first two. */
export function atLeastTwo<Item>([one, two]: readonly Item[]): readonly [Item, Item] {
  if (one === undefined || two === undefined) throw new Error("two replicas were asked for");
  return [one, two];
}
