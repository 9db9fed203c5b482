import {
  type EmbeddedPostgres,
  type FoundPostgres,
  findPostgres,
  listPostgres,
  startPostgres,
} from "@mister-smith/embedded";

/** Starts one throw-away cluster for each major version at hand, the default one first. */
export async function startClusters(): Promise<EmbeddedPostgres[]> {
  const first = await findPostgres();
  const others = (await listPostgres()).filter((other) => other.version.major !== first.version.major);
  return Promise.all([first, ...others].map(startCluster));
}

function startCluster({ binDir }: FoundPostgres): Promise<EmbeddedPostgres> {
  return startPostgres({
    binDir,
    durability: "fast",
    settings: {
      // Every worker has its pools, and twenty migrators run at once.
      max_connections: 300,
      // Wherever logical decoding or a replica is tried, it is there without a restart.
      wal_level: "logical",
      // Whoever looks for a statement finds it, however many others were executed since.
      "pg_stat_statements.max": 50_000,
    },
    preloadWhenPresent: ["pg_stat_statements"],
  });
}
