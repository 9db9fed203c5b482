/** Variables of ours that are read elsewhere than in the settings, and what they do. */
export const otherVariables: Readonly<Record<string, string>> = {
  SMITH_DEBUG: "`1` adds the stack and the causes to every error",
  PRIMARY_DB_PASSWORD: "the password for PostgreSQL where its URL has none",
  REPLICA_DB_PASSWORD:
    "the same for the replicas; `BACKGROUND_DB_PASSWORD` and `ANALYTICS_DB_PASSWORD` for those pools",
  SMITH_PG_BIN: "the folder of the PostgreSQL programs that the embedded system uses, before any it finds",
  SMITH_NATS_BIN: "the nats-server program that the embedded system uses, before any it finds",
  SMITH_CACHE_DIR: "where servers that had to be fetched are kept",
};
