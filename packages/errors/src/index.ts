export { asDatabaseError, DatabaseError } from "./database-error.ts";
export { isSmithError, SmithError, type SmithErrorOptions } from "./smith-error.ts";
export {
  classifyDatabaseError,
  classifySqlState,
  type DatabaseErrorClass,
  isRetryableDatabaseError,
  sqlStateOf,
} from "./sqlstate.ts";
