import { SmithError } from "@mister-smith/errors";

/** What is thrown where the server does not record its statements. Ends with exit code `incomplete`. */
export function noStatements(): SmithError {
  return new SmithError("SERVER_NOT_FOUND", "the statements of this database are not recorded", {
    hint: "CREATE EXTENSION pg_stat_statements in this database; where SHOW pg_stat_statements.max is an error, add it to shared_preload_libraries and restart PostgreSQL first.",
  });
}
