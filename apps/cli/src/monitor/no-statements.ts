import { SmithError } from "@mister-smith/errors";

/** What is thrown where the server does not record its statements. Ends with exit code `incomplete`. */
export function noStatements(): SmithError {
  return new SmithError("SERVER_NOT_FOUND", "the server does not record its statements", {
    hint: "Add pg_stat_statements to shared_preload_libraries, restart PostgreSQL, then CREATE EXTENSION pg_stat_statements.",
  });
}
